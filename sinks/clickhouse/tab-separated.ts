/** Ends of the ranges of DateTime (2106) and DateTime64 (2299). */
const dateTimeMsMax = 4_294_967_295_000;
const dateTime64MsMax = 10_413_791_999_999;

/** What a stray agent claims as a time must not make an insert fail for ever: it is put to the nearest end of the range. */
const within = (timeMs: number, maxMs: number): number =>
  Number.isNaN(timeMs) ? 0 : Math.min(Math.max(timeMs, 0), maxMs);

import { type FloatFields, floatFieldBytesMax, floatFieldWriter } from '../../native/float-fields.ts';

const firstRoom = 65_536;
/** Bytes of one UTF-16 unit at most. */
const utf8BytesMax = 3;

/**
 * Rows of ClickHouse's TabSeparated format. Deterministic: the same values give the same bytes, so a repeat after a
 * crash is the same insert. Fields are appended in the order of the insert's columns, `endRow` closes a row.
 */
export class TabSeparatedRows {
  /** All rows as bytes; of the row under way the fields up to `#row`. */
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  #row = '';
  /** True while the row under way has no field yet: the first one has no tab before it. */
  #atStart = true;
  #rowCount = 0;
  readonly #writeFloats: ReturnType<typeof floatFieldWriter>;

  /** `addon: false` = without the addon, where there is one. */
  constructor({ addon = true }: { readonly addon?: boolean } = {}) {
    this.#writeFloats = addon ? floatFieldWriter() : undefined;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  text(value: string): this {
    return this.#field(escapeText(value));
  }

  /** A count: what is no whole number from 0 on is 0, as one absurd value must not stop a whole insert. */
  integer(value: number): this {
    return this.#field(String(Number.isSafeInteger(value) && value > 0 ? value : 0));
  }

  /** Seconds since 1970, for DateTime columns. Ten digits: fewer than five would be read as a year. */
  seconds(timeMs: number): this {
    return this.#field(String(Math.floor(within(timeMs, dateTimeMsMax) / 1_000)).padStart(10, '0'));
  }

  /** Milliseconds since 1970, for DateTime64(3, 'UTC') columns. As a date: few digits of a number would be read as a year. */
  milliseconds(timeMs: number): this {
    return this.#field(new Date(within(timeMs, dateTime64MsMax)).toISOString().slice(0, -1).replace('T', ' '));
  }

  /** The value as 32-bit float; no value (NaN) and the infinite are NULL. */
  float32(value: number): this {
    return this.#field(float32Text(value));
  }

  /** Many values as 32-bit floats, each a field. They must not be the first fields of a row. */
  float32s(fields: FloatFields): this {
    if (this.#writeFloats === undefined || this.#atStart) {
      const { values, from, step, count } = fields;
      for (let i = 0; i < count; i++) this.float32(values[from + i * step]!);
      return this;
    }
    this.#flush(fields.count * floatFieldBytesMax);
    this.#length = this.#writeFloats(fields, this.#bytes, this.#length);
    return this;
  }

  float64(value: number): this {
    return this.#field(Number.isFinite(value) ? float64Text(value) : '\\N');
  }

  boolean(value: boolean): this {
    return this.#field(value ? '1' : '0');
  }

  /** Map(String, Float64), keys in the order given; entries without a finite value are left out. */
  map(entries: Iterable<readonly [string, number]> | undefined): this {
    let text = '';
    for (const [key, value] of entries ?? []) {
      if (Number.isFinite(value)) text += `${text === '' ? '' : ','}${quoted(key)}:${float64Text(value)}`;
    }
    return this.#field(`{${text}}`);
  }

  /** Array(String). */
  texts(values: readonly string[]): this {
    return this.#field(`[${values.map(quoted).join(',')}]`);
  }

  /** Map(String, String), keys in the order given. */
  textMap(entries: Iterable<readonly [string, string]>): this {
    return this.#field(`{${[...entries].map(([key, value]) => `${quoted(key)}:${quoted(value)}`).join(',')}}`);
  }

  endRow(): void {
    this.#row += '\n';
    this.#flush(0);
    this.#atStart = true;
    this.#rowCount += 1;
  }

  /** The whole rows; what comes later is not in it. */
  toBuffer(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #field(text: string): this {
    this.#row = this.#atStart ? text : `${this.#row}\t${text}`;
    this.#atStart = false;
    return this;
  }

  /** Turns the text of the row under way into bytes, and makes room for so many more. */
  #flush(moreBytes: number): void {
    const needed = this.#length + this.#row.length * utf8BytesMax + moreBytes;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(firstRoom, needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += this.#bytes.write(this.#row, this.#length);
    this.#row = '';
  }
}

const special = /[\\\t\n\r\0\b\f']/;

/** Lone surrogates become U+FFFD when the rows are encoded: the engine stores valid UTF-8 only. */
const escapeText = (value: string): string => (special.test(value) ? escapeSpecials(value) : value);

/** Inside maps and arrays; their field is not escaped once more. */
const quoted = (value: string): string => `'${escapeText(value)}'`;

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  "'": "\\'",
};

const escapeSpecials = (value: string): string =>
  value.replace(/[\\\t\n\r\0\b\f']/g, (character) => escapes[character] ?? character);

/** Nine significant digits give every 32-bit float back; whole numbers, which most counters are, need no such work. */
function float32Text(value: number): string {
  if (!Number.isFinite(value)) return '\\N';
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded)) return '\\N';
  if (Number.isInteger(rounded) && Math.abs(rounded) < 1e15) return float64Text(rounded);
  return rounded.toPrecision(9);
}

/** JavaScript prints the shortest text that gives the same 64-bit float back; −0 is written out. */
const float64Text = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
