const firstRoom = 65_536;
const lengthBytesMax = 5;
/** Bytes of one UTF-16 unit at most. */
const utf8BytesMax = 3;
/** From here on a count takes a second byte. */
const longCount = 128;
/** Texts below this many units never take a second byte for their length. */
const shortText = Math.floor(longCount / utf8BytesMax);
const wordRange = 2 ** 32;

/** Bytes that grow, little-endian, with texts and counts as ClickHouse's binary formats have them. */
export class BinaryBytes {
  /** Taken anew after every write: growing replaces it. */
  bytes: Buffer = Buffer.alloc(0);
  length = 0;
  readonly #head: Uint8Array;

  /** `head` comes before all else, from the first write on: nothing is kept for an insert without rows. */
  constructor(head: Uint8Array = new Uint8Array(0)) {
    this.#head = head;
  }

  /** Makes room for so many bytes at `length`. */
  reserve(count: number): void {
    const head = this.length === 0 ? this.#head : undefined;
    const needed = this.length + count + (head?.length ?? 0);
    if (needed <= this.bytes.length && head === undefined) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(firstRoom, needed, this.bytes.length * 2));
    if (head !== undefined) larger.set(head);
    else this.bytes.copy(larger, 0, 0, this.length);
    this.length += head?.length ?? 0;
    this.bytes = larger;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** The low `count` bytes of a whole number from 0 to 2^53 − 1, as the engine reads a text that is too large for its column. */
  unsigned(value: number, count: 1 | 2 | 4 | 8): void {
    this.reserve(count);
    const { bytes } = this;
    let word = value >>> 0;
    for (let i = 0; i < count; i++) {
      if (i === 4) word = Math.floor(value / wordRange);
      bytes[this.length++] = word;
      word >>>= 8;
    }
  }

  float32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeFloatLE(value, this.length);
  }

  float64(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  /** A count of elements or bytes: LEB128. */
  count(value: number): void {
    this.reserve(lengthBytesMax);
    let rest = value;
    for (; rest >= longCount; rest = Math.floor(rest / longCount))
      this.bytes[this.length++] = (rest % longCount) + longCount;
    this.bytes[this.length++] = rest;
  }

  /** UTF-8 after its length. */
  text(value: string): void {
    this.reserve(value.length * utf8BytesMax + lengthBytesMax);
    if (value.length >= shortText) {
      this.count(Buffer.byteLength(value));
      this.length += this.bytes.write(value, this.length);
      return;
    }
    const start = this.length + 1;
    const written = this.#ascii(value, start) ? value.length : this.bytes.write(value, start);
    this.bytes[start - 1] = written;
    this.length = start + written;
  }

  /** Leaves a place for a count of what is about to be written, for `endCount`. */
  startCount(): number {
    this.byte(0);
    return this.length - 1;
  }

  endCount(place: number, value: number): void {
    if (value < longCount) {
      this.bytes[place] = value;
      return;
    }
    const counted = Buffer.from(this.bytes.subarray(place + 1, this.length));
    this.length = place;
    this.count(value);
    this.reserve(counted.length);
    this.bytes.set(counted, this.length);
    this.length += counted.length;
  }

  /** Most texts are ASCII and short: without a call a text they are written in half the time. */
  #ascii(value: string, start: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= longCount) return false;
      bytes[start + i] = unit;
    }
    return true;
  }
}
