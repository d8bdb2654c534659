/** Byte strings one after another, some of them absent (null). An array of buffers is one. */
export interface ByteList extends Iterable<Buffer | null> {
  readonly length: number;
  at(index: number): Buffer | null | undefined;
  slice(from: number, to: number): ByteList;
}

export interface SpansOptions {
  readonly buffer: ArrayBufferLike;
  readonly starts: Uint32Array;
  readonly lengths: Int32Array;
}

/** Byte strings that lie in one buffer: none of them is an object before somebody asks for it. */
export class ByteSpans implements ByteList {
  readonly buffer: ArrayBufferLike;
  /** Where each begins in `buffer`. */
  readonly starts: Uint32Array;
  /** −1 = absent. */
  readonly lengths: Int32Array;

  constructor({ buffer, starts, lengths }: SpansOptions) {
    this.buffer = buffer;
    this.starts = starts;
    this.lengths = lengths;
  }

  /** The same byte strings in one buffer of their own. */
  static of(parts: readonly (Uint8Array | null)[]): ByteSpans {
    const starts = new Uint32Array(parts.length);
    const lengths = new Int32Array(parts.length);
    let bytes = 0;
    for (const [at, part] of parts.entries()) {
      starts[at] = bytes;
      lengths[at] = part === null ? -1 : part.length;
      bytes += part?.length ?? 0;
    }
    const joined = new Uint8Array(bytes);
    for (const [at, part] of parts.entries()) if (part !== null) joined.set(part, starts[at]);
    return new ByteSpans({ buffer: joined.buffer, starts, lengths });
  }

  get length(): number {
    return this.starts.length;
  }

  /** A view, not a copy. */
  at(index: number): Buffer | null | undefined {
    const length = this.lengths[index];
    if (length === undefined) return undefined;
    return length < 0 ? null : Buffer.from(this.buffer, this.starts[index], length);
  }

  slice(from: number, to: number): ByteSpans {
    const { buffer } = this;
    return new ByteSpans({ buffer, starts: this.starts.subarray(from, to), lengths: this.lengths.subarray(from, to) });
  }

  *[Symbol.iterator](): IterableIterator<Buffer | null> {
    for (let index = 0; index < this.length; index++) yield this.at(index)!;
  }
}

/** Asked of every record of a batch: it makes no object. */
export const isAbsent = (list: ByteList, index: number): boolean =>
  list instanceof ByteSpans ? (list.lengths[index] ?? -1) < 0 : (list.at(index) ?? null) === null;

/** True when nothing in the list is there. */
export function allAbsent(list: ByteList): boolean {
  for (let index = 0; index < list.length; index++) if (!isAbsent(list, index)) return false;
  return true;
}
