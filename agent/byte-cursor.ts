import { totalModulus } from './readings.ts';

const newline = 10;
const space = 32;
const tab = 9;
const colon = 58;
const zero = 48;
const nine = 57;

/**
 * Reads the kernel's text files from their bytes, without a string or an expression per line: at one sample a second
 * of every source that is most of what the agent costs.
 */
export class ByteCursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** True when only spaces are left on this line. */
  get lineDone(): boolean {
    this.skipSpaces();
    return this.done || this.#bytes[this.#at] === newline;
  }

  /** Moves to the start of the next line. */
  nextLine(): void {
    const end = this.#bytes.indexOf(newline, this.#at);
    this.#at = end < 0 ? this.#bytes.length : end + 1;
  }

  skipSpaces(): void {
    while (this.#bytes[this.#at] === space || this.#bytes[this.#at] === tab) this.#at++;
  }

  /** True when `text` (ASCII) begins here; the cursor stays. */
  startsWith(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#bytes[this.#at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** Goes behind `text` and a colon after it, when exactly that word is here. */
  takeWord(text: string): boolean {
    if (!this.startsWith(text)) return false;
    let end = this.#at + text.length;
    if (this.#bytes[end] === colon) end++;
    const next = this.#bytes[end];
    if (next !== undefined && next !== space && next !== tab && next !== newline) return false;
    this.#at = end;
    return true;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  /**
   * The unsigned integer after the spaces here, NaN when there is none (the cursor then stays). It is taken modulo 2^53:
   * exact for gauges below that, and the difference of two totals is exact at any size, 64-bit wrap included.
   */
  integer(): number {
    this.skipSpaces();
    let value = 0;
    const start = this.#at;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte < zero || byte > nine) break;
      value = value < exactTimesTen ? value * 10 + (byte - zero) : withDigitModulo(value, byte - zero);
      this.#at++;
    }
    return this.#at === start ? Number.NaN : value;
  }

  /** The unsigned hexadecimal integer after the spaces here, at most 32 bits as the kernel prints them; NaN when there is none. */
  hexInteger(): number {
    const word = this.word();
    return /^[0-9a-f]{1,8}$/i.test(word) ? Number.parseInt(word, 16) : Number.NaN;
  }

  /** The characters up to the next space or end of line, after the spaces here; '' at the end of the line. */
  word(): string {
    this.skipSpaces();
    const start = this.#at;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte === space || byte === tab || byte === newline) break;
      this.#at++;
    }
    return latin1(this.#bytes, start, this.#at);
  }

  /** The characters before the next `delimiter` (ASCII) on this line, spaces in front left out; the cursor goes behind it. */
  before(delimiter: string): string | undefined {
    this.skipSpaces();
    const found = this.#bytes.indexOf(delimiter.charCodeAt(0), this.#at);
    const lineEnd = this.#bytes.indexOf(newline, this.#at);
    if (found < 0 || (lineEnd >= 0 && lineEnd < found)) return undefined;
    const text = latin1(this.#bytes, this.#at, found);
    this.#at = found + 1;
    return text;
  }

  /** The rest of this line, trimmed; the cursor moves to the next one. */
  restOfLine(): string {
    const start = this.#at;
    const found = this.#bytes.indexOf(newline, start);
    const end = found < 0 ? this.#bytes.length : found;
    this.#at = end + 1;
    return latin1(this.#bytes, start, end).trim();
  }
}

/** Below this another digit stays exact in a double, and below the modulus. */
const exactTimesTen = 2 ** 49;
const halfWord = 2 ** 27;

/** `value * 10 + digit` modulo 2^53 without rounding: in two halves, as only the last digits of huge totals need. */
function withDigitModulo(value: number, digit: number): number {
  const high = Math.floor(value / halfWord);
  const low = (value - high * halfWord) * 10 + digit;
  const carry = Math.floor(low / halfWord);
  return ((high * 10 + carry) % (totalModulus / halfWord)) * halfWord + (low - carry * halfWord);
}

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');

/**
 * Files of `name value` or `name: value kB` lines: the first number of each line by its name, NaN where there is none.
 * `namesBefore` are the names of an earlier read: lines hardly ever move, and comparing bytes is cheaper than making
 * hundreds of strings a second.
 */
export function numbersByName(bytes: Uint8Array, namesBefore?: Iterable<string>): ReadonlyMap<string, number> {
  const cursor = new ByteCursor(bytes);
  const numbers = new Map<string, number>();
  const expected = namesBefore?.[Symbol.iterator]();
  while (!cursor.done) {
    const name = expected?.next().value;
    const word = name !== undefined && cursor.takeWord(name) ? name : withoutColon(cursor.word());
    if (word !== '') numbers.set(word, cursor.integer());
    cursor.nextLine();
  }
  return numbers;
}

const withoutColon = (word: string): string => (word.endsWith(':') ? word.slice(0, -1) : word);
