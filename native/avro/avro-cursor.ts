/**
 * Why reading stopped. A number, so that compiled readers can hand it on without allocating; the addon has the same
 * numbers (avro-cursor.hpp).
 */
export const readFailure = {
  none: 0,
  truncated: 1,
  malformed: 2,
  noHost: 3,
  badTime: 4,
  trailing: 5,
  empty: 6,
  wrongMagic: 7,
  unknownSchema: 8,
} as const;

const two28 = 2 ** 28;
const two55 = 2 ** 55;

/**
 * A position in the bytes of one record. Nothing here throws or reads at or beyond `end`: a read that cannot be done
 * sets `failure`, moves to the end (so that loops stop) and answers 0.
 */
export class AvroCursor {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  pos = 0;
  end = 0;
  failure = 0;
  /** Values of the batch that were NaN or infinite, or did not fit their bound. */
  implausible = 0;
  /** Whether what `readNumber` answered was a number on the wire: NaN on the wire is implausible, null is not. */
  wroteNumber = false;
  host = 0;
  timeMs = 0;
  intervalMs = 0;
  app: Map<string, number> | undefined;

  /** Looks at these bytes; the view is made anew only for another ArrayBuffer (a fetched batch has one). */
  open(value: Uint8Array, skipBytes: number): void {
    if (this.bytes.buffer !== value.buffer) {
      this.bytes = new Uint8Array(value.buffer);
      this.view = new DataView(value.buffer);
    }
    this.pos = value.byteOffset + skipBytes;
    this.end = value.byteOffset + value.byteLength;
    this.failure = readFailure.none;
    this.host = -1;
    this.timeMs = Number.NaN;
    this.intervalMs = Number.NaN;
    this.app = undefined;
  }

  fail(failure: number): 0 {
    if (this.failure === readFailure.none) this.failure = failure;
    this.pos = this.end;
    return 0;
  }

  /** Moves on by so many bytes and answers where they start. */
  take(byteCount: number): number {
    const start = this.pos;
    if (byteCount < 0) return this.fail(readFailure.malformed);
    if (byteCount > this.end - start) return this.fail(readFailure.truncated);
    this.pos = start + byteCount;
    return start;
  }

  /** Zigzag varint of up to 64 bits; beyond 2^53 the nearest double. */
  long(): number {
    const { bytes, end } = this;
    let pos = this.pos;
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= end) return this.fail(readFailure.truncated);
      const byte = bytes[pos++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift < 56) middle |= bits << (shift - 28);
      else high |= bits << (shift - 56);
      if (byte < 0x80) {
        // The tenth byte may only hold the 64th bit.
        if (shift === 63 && bits > 1) return this.fail(readFailure.malformed);
        this.pos = pos;
        return high === 0 && middle < 1 << 25 ? zigzag(low, middle) : zigzagWide(low, middle, high);
      }
    }
    return this.fail(readFailure.malformed);
  }

  int(): number {
    const value = this.long();
    return value === (value | 0) ? value : this.fail(readFailure.malformed);
  }

  boolean(): number {
    const byte = this.bytes[this.take(1)]!;
    if (this.failure !== 0) return 0;
    return byte <= 1 ? byte : this.fail(readFailure.malformed);
  }

  float(): number {
    const start = this.take(4);
    return this.failure === 0 ? this.view.getFloat32(start, true) : 0;
  }

  double(): number {
    const start = this.take(8);
    return this.failure === 0 ? this.view.getFloat64(start, true) : 0;
  }
}

function zigzag(low: number, middle: number): number {
  const half = (low >>> 1) + middle * (two28 / 2);
  return low & 1 ? -half - 1 : half;
}

/** Over 53 bits: by BigInt, so that rounding is the same as a cast of the 64-bit integer. */
function zigzagWide(low: number, middle: number, high: number): number {
  const half = (BigInt(high) * BigInt(two55) * 2n + BigInt(middle) * BigInt(two28) + BigInt(low)) >> 1n;
  return Number(low & 1 ? -half - 1n : half);
}
