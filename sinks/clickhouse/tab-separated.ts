/** Ends of the ranges of DateTime (2106) and DateTime64 (2299). */
const dateTimeMsMax = 4_294_967_295_000;
const dateTime64MsMax = 10_413_791_999_999;

/** What a stray agent claims as a time must not make an insert fail for ever: it is put to the nearest end of the range. */
const within = (timeMs: number, maxMs: number): number =>
  Number.isNaN(timeMs) ? 0 : Math.min(Math.max(timeMs, 0), maxMs);

/**
 * Rows of ClickHouse's TabSeparated format. Deterministic: the same values give the same bytes, so a repeat after a
 * crash is the same insert. Fields are appended in the order of the insert's columns, `endRow` closes a row.
 */
export class TabSeparatedRows {
  #rows = '';
  #row: string | undefined;
  #rowCount = 0;

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
    this.#rows += `${this.#row ?? ''}\n`;
    this.#row = undefined;
    this.#rowCount += 1;
  }

  toBuffer(): Buffer {
    return Buffer.from(this.#rows);
  }

  #field(text: string): this {
    this.#row = this.#row === undefined ? text : `${this.#row}\t${text}`;
    return this;
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
