import type { Partition } from './topics.ts';

/** Some seconds of everything that is appended. */
const tailBytesMax = 16_000_000;
const tailBlocksMax = 20_000;

interface Kept {
  readonly partition: Partition;
  readonly baseOffset: number;
  readonly block: Buffer;
}

/**
 * The newest blocks, in memory. Nearly every fetch wants what was just appended; served from here it neither searches the
 * tree nor maps the file's pages into this process (each mapped page counts as its memory for as long as it runs).
 */
export class Tail {
  readonly #bytesMax: number;
  readonly #byPartition = new Map<Partition, Kept[]>();
  /** All of them, oldest first. */
  readonly #all = new Set<Kept>();
  #bytes = 0;

  constructor(bytesMax = tailBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Blocks must come in the order of their offsets, without gaps between them. */
  add(kept: Kept): void {
    const own = this.#byPartition.get(kept.partition) ?? [];
    own.push(kept);
    this.#byPartition.set(kept.partition, own);
    this.#all.add(kept);
    this.#bytes += kept.block.length;
    for (const oldest of this.#all) {
      if (this.#bytes <= this.#bytesMax && this.#all.size <= tailBlocksMax) return;
      this.#byPartition.get(oldest.partition)?.shift();
      this.#all.delete(oldest);
      this.#bytes -= oldest.block.length;
    }
  }

  /** Every block from the one that holds the offset on; `undefined` when it is older than what is kept here. */
  from(partition: Partition, offset: number): readonly Buffer[] | undefined {
    const own = this.#byPartition.get(partition);
    if (own?.[0] === undefined || own[0].baseOffset > offset) return undefined;
    let at = own.length - 1;
    while (own[at]!.baseOffset > offset) at -= 1;
    return own.slice(at).map(({ block }) => block);
  }

  /** After blocks of the partition were removed or rewritten. */
  forget(partition: Partition): void {
    for (const kept of this.#byPartition.get(partition) ?? []) {
      this.#all.delete(kept);
      this.#bytes -= kept.block.length;
    }
    this.#byPartition.delete(partition);
  }
}
