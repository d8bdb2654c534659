import { blockAppendTimeMs } from './block.ts';
import type { Disk } from './disk.ts';
import { baseOffsetOf, blockRange, headKey } from './keys.ts';
import type { Tail } from './tail.ts';
import { deletes, encodeHead, type Partition, type Topics } from './topics.ts';

export interface RetentionOptions {
  readonly disk: Disk;
  readonly topics: Topics;
  readonly tail: Tail;
  /** The longest any topic keeps records here, whatever its own settings say. */
  readonly retentionMs: number;
  readonly bytesMax: number;
}

/** Blocks that go in one step, so that no step holds the event loop for more than a few milliseconds. */
const blocksAtOnce = 64;

/**
 * Removes what is too old or too much, oldest first, from topics that may lose records. Looks at one block in many: to
 * read a block only to remove it would bring it into memory once more.
 */
export class Retention {
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** One small step; true when there is more to remove. */
  step(nowMs: number): boolean {
    const { disk, bytesMax, retentionMs } = this.#options;
    for (const partition of this.#shrinking()) {
      const keepMs = Math.min(partition.topic.settings.retentionMs, retentionMs);
      if (this.#dropOlder(partition, nowMs - keepMs)) return true;
    }
    const excessBytes = disk.usedBytes() - bytesMax;
    return excessBytes > 0 && this.#dropOldest(excessBytes);
  }

  #shrinking(): Partition[] {
    const topics = this.#options.topics.all().filter((topic) => deletes(topic.settings.cleanup));
    return topics.flatMap((topic) => topic.partitions).filter((each) => each.startOffset < each.endOffset);
  }

  #dropOlder(partition: Partition, beforeMs: number): boolean {
    const oldest = this.#oldest(partition);
    if (oldest === undefined || oldest.timeMs >= beforeMs) return false;
    const keys = this.#keys(partition);
    let count = Math.min(keys.length, blocksAtOnce);
    while (count > 1 && this.#timeOf(keys[count - 1]!) >= beforeMs) count >>= 1;
    this.#drop(partition, keys, count);
    return true;
  }

  /** The oldest blocks of the log, of whatever topic, and not many more of them than are too much. */
  #dropOldest(excessBytes: number): boolean {
    let found: { readonly partition: Partition; readonly timeMs: number; readonly bytes: number } | undefined;
    for (const partition of this.#shrinking()) {
      const oldest = this.#oldest(partition);
      if (oldest === undefined || (found !== undefined && oldest.timeMs >= found.timeMs)) continue;
      found = { partition, ...oldest };
    }
    if (found === undefined) return false;
    const keys = this.#keys(found.partition);
    this.#drop(found.partition, keys, Math.min(keys.length, blocksAtOnce, Math.ceil(excessBytes / found.bytes)));
    return true;
  }

  #oldest(partition: Partition): Partition['oldest'] {
    if (partition.oldest !== undefined) return partition.oldest;
    const first = this.#options.disk.range(blockRange(partition.topic.id, partition.number, 0), 1)[0];
    if (first !== undefined) {
      partition.oldest = { timeMs: blockAppendTimeMs(first.value), bytes: first.value.length };
    }
    return partition.oldest;
  }

  /** One more than may go: the one that stays says where the partition starts. */
  #keys(partition: Partition): Buffer[] {
    return this.#options.disk.keys(blockRange(partition.topic.id, partition.number, 0), blocksAtOnce + 1);
  }

  #timeOf(key: Buffer): number {
    const block = this.#options.disk.get(key);
    return block === undefined ? 0 : blockAppendTimeMs(block);
  }

  #drop(partition: Partition, keys: readonly Buffer[], count: number): void {
    const { disk, tail } = this.#options;
    const { topic, number, endOffset, lastAppendTimeMs } = partition;
    const next = keys[count];
    const startOffset = next === undefined ? endOffset : baseOffsetOf(next);
    disk.write((tree) => {
      for (const key of keys.slice(0, count)) tree.remove(key);
      tree.put(headKey(topic.id, number), encodeHead({ startOffset, endOffset, lastAppendTimeMs }));
    });
    tail.forget(partition);
    partition.startOffset = startOffset;
    partition.oldest = undefined;
  }
}
