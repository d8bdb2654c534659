import type { Clock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import type { GroupOffset, ProduceRecord } from '../port.ts';
import { type BlockRecord, encodeBlock, recordBytes } from './block.ts';
import type { Disk } from './disk.ts';
import { blockKey, offsetKey } from './keys.ts';
import { encodeOffset } from './offsets.ts';
import type { Tail } from './tail.ts';
import type { Partition, Topics } from './topics.ts';

/** Kafka's limit for a batch is 1 MB; a record that only the embedded log took would fail in production. */
const recordBytesMax = 1_000_000;
const blockRecordsMax = 2_000;
const blockBytesMax = 512_000;

export interface Appended {
  readonly records: readonly ProduceRecord[];
  readonly offsets: readonly (GroupOffset & { readonly group: string })[];
}

export interface AppenderOptions {
  readonly disk: Disk;
  readonly topics: Topics;
  readonly tail: Tail;
  readonly clock: Clock;
  /** Called before each append; throws when the log may not grow. */
  readonly checkRoom: (bytes: number) => void;
}

/** The only writer of records: one LMDB transaction a call, so records and offsets are there together or not at all. */
export class Appender {
  readonly #options: AppenderOptions;

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  /** Throws when a record cannot be appended, before anything is written. */
  check(records: readonly ProduceRecord[]): void {
    for (const record of records) {
      this.#options.topics.partition(record);
      if (recordBytes(record) > recordBytesMax) throw tooLarge(record);
    }
  }

  append({ records, offsets }: Appended): void {
    const { disk, topics, tail, clock, checkRoom } = this.#options;
    if (records.length === 0 && offsets.length === 0) return;
    this.check(records);
    const runs = byPartition(records, topics);
    const nowMs = clock.nowMs();
    let bytes = 0;
    const blocks: { readonly partition: Partition; readonly baseOffset: number; readonly block: Buffer }[] = [];
    for (const [partition, run] of runs) {
      const timeMs = Math.max(nowMs, partition.lastAppendTimeMs);
      for (const part of cut(run, partition.endOffset)) {
        const block = encodeBlock(part, timeMs);
        bytes += block.length;
        blocks.push({ partition, baseOffset: part[0]!.offset, block });
      }
    }
    checkRoom(bytes);
    disk.write((tree) => {
      for (const { partition, baseOffset, block } of blocks) {
        tree.put(blockKey(partition.topic.id, partition.number, baseOffset), block);
      }
      for (const each of offsets) {
        const { topic, number } = topics.partition(each);
        tree.put(offsetKey(each.group, topic.id, number), encodeOffset(each));
      }
    });
    // Only what is committed may be seen: positions move after the write.
    for (const block of blocks) tail.add(block);
    for (const [partition, run] of runs) {
      partition.endOffset += run.length;
      partition.dirtyCount += run.length;
      partition.lastAppendTimeMs = Math.max(nowMs, partition.lastAppendTimeMs);
      for (const wake of partition.wakers) wake();
    }
  }
}

function byPartition(records: readonly ProduceRecord[], topics: Topics): Map<Partition, ProduceRecord[]> {
  const runs = new Map<Partition, ProduceRecord[]>();
  for (const record of records) {
    const partition = topics.partition(record);
    const run = runs.get(partition);
    if (run === undefined) runs.set(partition, [record]);
    else run.push(record);
  }
  return runs;
}

/** Blocks no larger than a fetch wants them. */
function cut(run: readonly ProduceRecord[], baseOffset: number): BlockRecord[][] {
  const blocks: BlockRecord[][] = [];
  let block: BlockRecord[] = [];
  let bytes = 0;
  run.forEach(({ key, value, headers }, i) => {
    const size = recordBytes(run[i]!);
    if (block.length > 0 && (block.length >= blockRecordsMax || bytes + size > blockBytesMax)) {
      blocks.push(block);
      block = [];
      bytes = 0;
    }
    block.push({ offset: baseOffset + i, key, value, headers });
    bytes += size;
  });
  if (block.length > 0) blocks.push(block);
  return blocks;
}

const tooLarge = (record: ProduceRecord): DynoError =>
  new DynoError(
    'DYNO_LOG_RECORD_TOO_LARGE',
    `a record of ${recordBytes(record)} bytes for ${record.topic}[${record.partition}] is larger than ` +
      `${recordBytesMax} bytes, the most a log takes; cut it into parts`,
    { details: { topic: record.topic, partition: record.partition, bytes: recordBytes(record) } },
  );
