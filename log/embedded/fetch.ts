import type { RecordBatch } from '../port.ts';
import { type Block, blockEnd, decodeBlock } from './block.ts';
import type { Disk } from './disk.ts';
import { baseOffsetOf, blockKey, blockRange, type KeyRange } from './keys.ts';
import type { Tail } from './tail.ts';
import type { Partition } from './topics.ts';

/** A batch is full at either; a single block may be larger. */
const batchRecordsMax = 5_000;
const batchBytesMax = 1_000_000;
/** Blocks read by one cursor before the sizes are looked at. */
const blocksAtOnce = 64;

/** Where blocks are. */
export interface Kept {
  readonly disk: Disk;
  readonly tail: Tail;
}

/** The next batch from `fromOffset`, `undefined` at the end. Copies out of the database: the buffers are the reader's. */
export function fetch({ disk, tail }: Kept, partition: Partition, fromOffset: number): RecordBatch | undefined {
  if (fromOffset >= partition.endOffset) return undefined;
  const { found, reachedEnd } = fromTail(tail, partition, fromOffset) ?? collect(disk, partition, fromOffset);
  if (found.length === 0) return undefined;
  // One buffer for the whole batch: the native decoder takes one buffer and an offset table.
  const whole = found.length === 1 ? found[0]! : Buffer.concat(found);
  const name = `${partition.topic.settings.name}[${partition.number}]`;
  let at = 0;
  const blocks = found.map(({ length }) => {
    at += length;
    return decodeBlock(whole.subarray(at - length, at), name);
  });
  const batch = batchOf(blocks, partition, fromOffset);
  // Compaction may have left nothing between the last record and the end.
  return batch !== undefined && reachedEnd ? { ...batch, nextOffset: partition.endOffset } : batch;
}

interface Collected {
  readonly found: readonly Buffer[];
  readonly reachedEnd: boolean;
}

function fromTail(tail: Tail, partition: Partition, fromOffset: number): Collected | undefined {
  const kept = tail.from(partition, fromOffset);
  if (kept === undefined) return undefined;
  let [count, bytes, taken] = [0, 0, 0];
  for (const block of kept) {
    count += blockEnd(block).count;
    bytes += block.length;
    if (taken > 0 && (count > batchRecordsMax || bytes > batchBytesMax)) break;
    taken += 1;
  }
  return { found: kept.slice(0, taken), reachedEnd: taken === kept.length };
}

function collect(disk: Disk, partition: Partition, fromOffset: number): Collected {
  const { id } = partition.topic;
  const found: Buffer[] = [];
  let [count, bytes] = [0, 0];
  let range: KeyRange = { ...blockRange(id, partition.number, 0), start: startKey(disk, partition, fromOffset) };
  for (;;) {
    const entries = disk.range(range, blocksAtOnce);
    for (const { value } of entries) {
      const end = blockEnd(value);
      if (end.lastOffset < fromOffset) continue;
      if (found.length > 0 && (count + end.count > batchRecordsMax || bytes + value.length > batchBytesMax)) {
        return { found, reachedEnd: false };
      }
      found.push(value);
      count += end.count;
      bytes += value.length;
    }
    if (entries.length < blocksAtOnce) return { found, reachedEnd: true };
    range = { ...range, start: blockKey(id, partition.number, baseOffsetOf(entries.at(-1)!.key) + 1) };
  }
}

/** The key of the block that holds the offset: the last one that starts at or before it. */
function startKey(disk: Disk, partition: Partition, fromOffset: number): Buffer {
  const range = blockRange(partition.topic.id, partition.number, 0);
  const before = disk.last({ start: range.start, end: blockKey(partition.topic.id, partition.number, fromOffset) });
  return before?.key ?? range.start;
}

function batchOf(blocks: readonly Block[], partition: Partition, fromOffset: number): RecordBatch | undefined {
  const offsets: number[] = [];
  const times: number[] = [];
  const keys: (Buffer | null)[] = [];
  const values: (Buffer | null)[] = [];
  const headers: RecordBatch['headers'][number][] = [];
  for (const block of blocks) {
    for (let i = 0; i < block.offsets.length; i += 1) {
      if (block.offsets[i]! < fromOffset) continue;
      offsets.push(block.offsets[i]!);
      times.push(block.appendTimeMs);
      keys.push(block.keys[i]!);
      values.push(block.values[i]!);
      headers.push(block.headers[i]);
    }
  }
  if (offsets.length === 0) return undefined;
  return {
    topic: partition.topic.settings.name,
    partition: partition.number,
    count: offsets.length,
    offsets: Float64Array.from(offsets),
    appendTimesMs: Float64Array.from(times),
    keys,
    values,
    headers,
    nextOffset: offsets.at(-1)! + 1,
    endOffset: partition.endOffset,
  };
}
