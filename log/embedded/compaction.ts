import { type Block, type BlockRecord, decodeBlock, encodeBlock } from './block.ts';
import type { Disk, Entry } from './disk.ts';
import { baseOffsetOf, blockKey, blockRange, headKey } from './keys.ts';
import type { Tail } from './tail.ts';
import { encodeHead, type Partition } from './topics.ts';

export interface CompactionOptions {
  readonly disk: Disk;
  readonly partition: Partition;
  readonly tail: Tail;
  /** How long a deletion (null value) stays visible, so that a reader that was away sees it. */
  readonly tombstoneMs: number;
  readonly nowMs: () => number;
}

const blocksAtOnce = 64;
/** Keys held in memory by one pass; a partition with more is compacted a part at a time. */
const keysMax = 300_000;

/**
 * Keeps of each key the newest record, at its offset, in small steps: each `yield` is a point to let others run.
 * Appends between the steps are safe, they only make more records old; what is removed is always older than a record of
 * the same key that was seen. Records without a key and the last record of the partition stay.
 */
export function* compact(options: CompactionOptions): Generator<void, void, void> {
  const { partition } = options;
  const endOffset = partition.endOffset;
  partition.dirtyCount = 0;
  const newest = new Map<string, number>();
  for (const entries of steps(options)) {
    for (const { value } of entries) {
      const { keys, offsets } = decodeBlock(value, nameOf(partition));
      keys.forEach((key, i) => {
        if (key !== null) newest.set(key.toString('latin1'), offsets[i]!);
      });
    }
    yield;
    if (newest.size > keysMax) break;
  }
  for (const entries of steps(options)) {
    rewrite(options, entries, { newest, endOffset });
    yield;
  }
}

function* steps({ disk, partition }: CompactionOptions): Generator<readonly Entry[], void, void> {
  let fromOffset = 0;
  for (;;) {
    const entries = disk.range(blockRange(partition.topic.id, partition.number, fromOffset), blocksAtOnce);
    if (entries.length > 0) yield entries;
    if (entries.length < blocksAtOnce) return;
    fromOffset = baseOffsetOf(entries.at(-1)!.key) + 1;
  }
}

interface Known {
  readonly newest: ReadonlyMap<string, number>;
  readonly endOffset: number;
}

function rewrite(options: CompactionOptions, entries: readonly Entry[], known: Known): void {
  const { disk, partition } = options;
  const goneBeforeMs = options.nowMs() - options.tombstoneMs;
  const changes: { readonly key: Buffer; readonly left: readonly BlockRecord[]; readonly timeMs: number }[] = [];
  for (const { key, value } of entries) {
    const block = decodeBlock(value, nameOf(partition));
    const left = survivors(block, known, goneBeforeMs);
    if (left.length < block.offsets.length) changes.push({ key, left, timeMs: block.appendTimeMs });
  }
  if (changes.length === 0) return;
  const { topic, number } = partition;
  disk.write((tree) => {
    for (const { key, left, timeMs } of changes) {
      tree.remove(key);
      if (left.length > 0) tree.put(blockKey(topic.id, number, left[0]!.offset), encodeBlock(left, timeMs));
    }
    tree.put(headKey(topic.id, number), encodeHead(partition));
  });
  options.tail.forget(partition);
  partition.oldest = undefined;
}

function survivors(block: Block, { newest, endOffset }: Known, goneBeforeMs: number): BlockRecord[] {
  const left: BlockRecord[] = [];
  block.offsets.forEach((offset, i) => {
    const [key, value] = [block.keys[i]!, block.values[i]!];
    const newestOffset = key === null ? offset : (newest.get(key.toString('latin1')) ?? offset);
    const gone = value === null && key !== null && block.appendTimeMs < goneBeforeMs && newestOffset === offset;
    const stays = newestOffset <= offset && !gone;
    if (stays || offset === endOffset - 1) left.push({ offset, key, value, headers: block.headers[i] });
  });
  return left;
}

const nameOf = ({ topic, number }: Partition): string => `${topic.settings.name}[${number}]`;
