import { type FloatFields, floatFieldBytesMax, floatFieldWriter } from '../../native/float-fields.ts';
import { storedCount, storedMilliseconds, storedSeconds } from './field-limits.ts';
import type { RowWriter } from './row-writer.ts';

const firstRoom = 65_536;
/** Bytes of one UTF-16 unit at most. */
const utf8BytesMax = 3;

/** Rows of ClickHouse's TabSeparated format: texts, whatever the columns are. */
export class TabSeparatedRows implements RowWriter {
  readonly format = 'TabSeparated';
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

  integer(value: number): this {
    return this.#field(String(storedCount(value)));
  }

  /** Ten digits: fewer than five would be read as a year. */
  seconds(timeMs: number): this {
    return this.#field(String(storedSeconds(timeMs)).padStart(10, '0'));
  }

  /** As a date: few digits of a number would be read as a year. */
  milliseconds(timeMs: number): this {
    return this.#field(new Date(storedMilliseconds(timeMs)).toISOString().slice(0, -1).replace('T', ' '));
  }

  float32(value: number): this {
    return this.#field(float32Text(value));
  }

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

  map(entries: Iterable<readonly [string, number]> | undefined): this {
    let text = '';
    for (const [key, value] of entries ?? []) {
      if (Number.isFinite(value)) text += `${text === '' ? '' : ','}${quoted(key)}:${float64Text(value)}`;
    }
    return this.#field(`{${text}}`);
  }

  texts(values: readonly string[]): this {
    return this.#field(`[${values.map(quoted).join(',')}]`);
  }

  textMap(entries: Iterable<readonly [string, string]>): this {
    return this.#field(`{${[...entries].map(([key, value]) => `${quoted(key)}:${quoted(value)}`).join(',')}}`);
  }

  endRow(): void {
    this.#row += '\n';
    this.#flush(0);
    this.#atStart = true;
    this.#rowCount += 1;
  }

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
