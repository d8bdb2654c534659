const startMax = 0xffff_ffff;
/** Staging room kept between batches; a larger batch gives its room back. */
const stagingKeptMax = 32 * 2 ** 20;

import { type ByteList, ByteSpans } from '../base/byte-list.ts';

export interface LocatedValues {
  readonly buffer: ArrayBuffer;
  readonly starts: Uint32Array;
  /** 0 or less = empty or no value. */
  readonly lengths: Int32Array;
}

/**
 * Where the values of a batch lie. Those of a fetched batch lie in one ArrayBuffer, which is taken as it is; others are
 * copied together first.
 */
export class ValueBytes {
  #starts = new Uint32Array(512);
  #lengths = new Int32Array(512);
  #staging = new Uint8Array(0);

  locate(values: ByteList): LocatedValues {
    if (values instanceof ByteSpans && values.buffer instanceof ArrayBuffer && values.buffer.byteLength <= startMax) {
      const { buffer, starts, lengths } = values;
      return { buffer, starts, lengths };
    }
    return this.#locateEach(Array.from(values));
  }

  #locateEach(values: readonly (Buffer | null)[]): LocatedValues {
    if (values.length > this.#starts.length) {
      this.#starts = new Uint32Array(values.length * 2);
      this.#lengths = new Int32Array(values.length * 2);
    }
    return this.#inPlace(values) ?? this.#copied(values);
  }

  #inPlace(values: readonly (Buffer | null)[]): LocatedValues | undefined {
    const starts = this.#starts;
    const lengths = this.#lengths;
    let buffer: ArrayBufferLike | undefined;
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? null;
      lengths[at] = value === null ? 0 : value.length;
      if (value === null || value.length === 0) continue;
      if (value.buffer !== buffer) {
        if (buffer !== undefined) return undefined;
        buffer = value.buffer;
      }
      starts[at] = value.byteOffset;
    }
    buffer ??= this.#staging.buffer;
    return buffer instanceof ArrayBuffer && buffer.byteLength <= startMax ? { buffer, starts, lengths } : undefined;
  }

  #copied(values: readonly (Buffer | null)[]): LocatedValues {
    let total = 0;
    for (const value of values) total += value?.length ?? 0;
    const kept = this.#staging;
    const room =
      total <= kept.length ? kept : new Uint8Array(Math.max(total, Math.min(kept.length * 2, stagingKeptMax)));
    if (room.length <= stagingKeptMax) this.#staging = room;
    let used = 0;
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? null;
      this.#starts[at] = used;
      this.#lengths[at] = value === null ? 0 : value.length;
      if (value === null) continue;
      room.set(value, used);
      used += value.length;
    }
    return { buffer: room.buffer, starts: this.#starts, lengths: this.#lengths };
  }
}
