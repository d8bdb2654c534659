import { blockAppendTimeMs, blockEnd } from './block.ts';
import type { Disk } from './disk.ts';
import { baseOffsetOf, blockRange, headKey } from './keys.ts';
import { deletes, encodeHead, type Partition, type Topics } from './topics.ts';

export interface RetentionOptions {
  readonly disk: Disk;
  readonly topics: Topics;
  /** The longest any topic keeps records here, whatever its own settings say. */
  readonly retentionMs: number;
  readonly bytesMax: number;
}

/** Blocks that go in one step, so that no step holds the event loop for more than a few milliseconds. */
const blocksAtOnce = 128;

/** Removes what is too old or too much, oldest first, from topics that may lose records. */
export class Retention {
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** One small step; true when there is more to remove. */
  step(nowMs: number): boolean {
    const { disk, bytesMax } = this.#options;
    for (const partition of this.#shrinking()) {
      const keepMs = Math.min(partition.topic.settings.retentionMs, this.#options.retentionMs);
      if (this.#dropOlder(partition, nowMs - keepMs) > 0) return true;
    }
    const excess = disk.usedBytes() - bytesMax;
    return excess > 0 && this.#dropOldest(excess);
  }

  #shrinking(): Partition[] {
    const topics = this.#options.topics.all().filter((topic) => deletes(topic.settings.cleanup));
    return topics.flatMap((topic) => topic.partitions).filter((each) => each.startOffset < each.endOffset);
  }

  #dropOlder(partition: Partition, beforeMs: number): number {
    const { disk } = this.#options;
    // The first block alone tells in most steps that there is nothing to do.
    const range = blockRange(partition.topic.id, partition.number, 0);
    const first = disk.range(range, 1)[0];
    if (first === undefined || blockAppendTimeMs(first.value) >= beforeMs) return 0;
    const old = disk.range(range, blocksAtOnce);
    const keep = old.findIndex(({ value }) => blockAppendTimeMs(value) >= beforeMs);
    return this.#drop(partition, keep < 0 ? old : old.slice(0, keep));
  }

  /** The oldest blocks of the log, of whatever topic, and no more of them than are too much. */
  #dropOldest(excessBytes: number): boolean {
    const { disk } = this.#options;
    let oldest: { readonly partition: Partition; readonly timeMs: number } | undefined;
    for (const partition of this.#shrinking()) {
      const first = disk.range(blockRange(partition.topic.id, partition.number, 0), 1)[0];
      if (first === undefined) continue;
      const timeMs = blockAppendTimeMs(first.value);
      if (oldest === undefined || timeMs < oldest.timeMs) oldest = { partition, timeMs };
    }
    if (oldest === undefined) return false;
    const { partition } = oldest;
    const blocks = disk.range(blockRange(partition.topic.id, partition.number, 0), blocksAtOnce / 4);
    let [count, bytes] = [0, 0];
    while (count < blocks.length && bytes < excessBytes) bytes += blocks[count++]!.value.length;
    return this.#drop(partition, blocks.slice(0, count)) > 0;
  }

  #drop(partition: Partition, blocks: readonly { readonly key: Buffer; readonly value: Buffer }[]): number {
    const last = blocks.at(-1);
    if (last === undefined) return 0;
    const startOffset = blockEnd(last.value).lastOffset + 1;
    const { endOffset, lastAppendTimeMs } = partition;
    this.#options.disk.write((tree) => {
      for (const { key } of blocks) tree.remove(key);
      tree.put(headKey(partition.topic.id, partition.number), encodeHead({ startOffset, endOffset, lastAppendTimeMs }));
    });
    partition.startOffset = Math.max(partition.startOffset, startOffset, baseOffsetOf(last.key));
    return blocks.length;
  }
}
