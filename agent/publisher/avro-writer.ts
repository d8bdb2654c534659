/**
 * Writes Avro primitives into one buffer that grows and is reused: nothing is allocated per value. What was written is
 * valid until the next `reset`.
 */
export class AvroWriter {
  #bytes: Buffer;
  #view: DataView;
  #at = 0;

  constructor(capacityBytes = 4_096) {
    this.#bytes = Buffer.allocUnsafeSlow(capacityBytes);
    this.#view = viewOf(this.#bytes);
  }

  get length(): number {
    return this.#at;
  }

  reset(): void {
    this.#at = 0;
  }

  /** A copy of what was written since the last `reset`. */
  copy(): Buffer {
    const copied = Buffer.allocUnsafe(this.#at);
    this.#bytes.copy(copied, 0, 0, this.#at);
    return copied;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  int32BigEndian(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  /** Zigzag varint; exact for |value| < 2^52, which holds any time in milliseconds. */
  long(value: number): void {
    this.#reserve(10);
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    // Bit operators work on 32 bits only, so the high part is peeled off by division first.
    while (rest > 0x7fffffff) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  string(value: string): void {
    const byteLength = Buffer.byteLength(value);
    this.long(byteLength);
    this.#reserve(byteLength);
    this.#at += this.#bytes.write(value, this.#at, 'utf8');
  }

  /** `["null","double"]` each: NaN and ±∞ are no value, hence null. */
  nullableDoubles(values: Float64Array): void {
    this.#reserve(values.length * 9);
    const bytes = this.#bytes;
    const view = this.#view;
    let at = this.#at;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      // value - value is 0 for finite numbers only; cheaper than a call per counter.
      if (value - value === 0) {
        bytes[at] = 2;
        view.setFloat64(at + 1, value, true);
        at += 9;
      } else bytes[at++] = 0;
    }
    this.#at = at;
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
