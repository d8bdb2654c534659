import { type FloatFields, floatByteWriter, nullableFloatBytesMax } from '../../native/float-fields.ts';
import { BinaryBytes } from './binary-bytes.ts';
import type { Columns, ColumnType } from './columns.ts';
import { storedCount, storedMilliseconds, storedSeconds } from './field-limits.ts';
import type { RowWriter } from './row-writer.ts';

const integerBytes: Readonly<Partial<Record<ColumnType, 1 | 2 | 4 | 8>>> = {
  UInt8: 1,
  UInt16: 2,
  UInt32: 4,
  UInt64: 8,
};
const isNull = 1;
const hasValue = 0;

/**
 * Rows of ClickHouse's RowBinaryWithNamesAndTypes format: names and types of the columns, then the fields, little-endian
 * and without separators. Bytes carry no types, so every field is held against its column: a kind of rows that appends
 * other fields than it names is a defect, and would be other values in the table.
 */
export class RowBinaryRows implements RowWriter {
  readonly format = 'RowBinaryWithNamesAndTypes';
  readonly #types: readonly ColumnType[];
  /** By column: where the run of nullable floats that it is in ends; itself where it is in none. */
  readonly #floatsEnd: readonly number[];
  readonly #writeFloats: ReturnType<typeof floatByteWriter>;
  readonly #out: BinaryBytes;
  #column = 0;
  #rowCount = 0;
  /** Where the whole rows end. */
  #rowsEnd = 0;

  /** `addon: false` = without the addon, where there is one. */
  constructor(columns: Columns, { addon = true }: { readonly addon?: boolean } = {}) {
    this.#types = columns.types;
    this.#floatsEnd = endsOfFloats(columns.types);
    this.#writeFloats = addon ? floatByteWriter() : undefined;
    this.#out = new BinaryBytes(headOf(columns));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  text(value: string): this {
    const type = this.#next();
    if (type !== 'LowCardinality(String)' && type !== 'String') throw this.#misfit('a text');
    this.#out.text(value);
    return this;
  }

  integer(value: number): this {
    const bytes = integerBytes[this.#next()];
    if (bytes === undefined) throw this.#misfit('a whole number');
    this.#out.unsigned(storedCount(value), bytes);
    return this;
  }

  seconds(timeMs: number): this {
    if (this.#next() !== "DateTime('UTC')") throw this.#misfit('a time in seconds');
    this.#out.unsigned(storedSeconds(timeMs), 4);
    return this;
  }

  milliseconds(timeMs: number): this {
    if (this.#next() !== "DateTime64(3, 'UTC')") throw this.#misfit('a time in milliseconds');
    this.#out.unsigned(storedMilliseconds(timeMs), 8);
    return this;
  }

  float32(value: number): this {
    const type = this.#next();
    const finite = Number.isFinite(Math.fround(value));
    if (type === 'Nullable(Float32)') {
      this.#out.byte(finite ? hasValue : isNull);
      if (finite) this.#out.float32(value);
    } else if (type === 'Float32') {
      this.#out.float32(finite ? value : 0);
    } else {
      throw this.#misfit('a float');
    }
    return this;
  }

  float64(value: number): this {
    const type = this.#next();
    const finite = Number.isFinite(value);
    if (type === 'Nullable(Float64)') {
      this.#out.byte(finite ? hasValue : isNull);
      if (finite) this.#out.float64(value);
    } else if (type === 'Float64') {
      this.#out.float64(finite ? value : 0);
    } else {
      throw this.#misfit('a 64-bit float');
    }
    return this;
  }

  float32s(fields: FloatFields): this {
    const { values, from, step, count } = fields;
    if (this.#writeFloats === undefined || this.#column + count > (this.#floatsEnd[this.#column] ?? 0)) {
      for (let i = 0; i < count; i++) this.float32(values[from + i * step]!);
      return this;
    }
    this.#out.reserve(count * nullableFloatBytesMax);
    this.#out.length = this.#writeFloats(fields, this.#out.bytes, this.#out.length);
    this.#column += count;
    return this;
  }

  boolean(value: boolean): this {
    if (this.#next() !== 'Bool') throw this.#misfit('yes or no');
    this.#out.byte(value ? 1 : 0);
    return this;
  }

  map(entries: Iterable<readonly [string, number]> | undefined): this {
    if (this.#next() !== 'Map(LowCardinality(String), Float64)') throw this.#misfit('a map of floats');
    const place = this.#out.startCount();
    let count = 0;
    for (const [key, value] of entries ?? []) {
      if (!Number.isFinite(value)) continue;
      this.#out.text(key);
      this.#out.float64(value);
      count += 1;
    }
    this.#out.endCount(place, count);
    return this;
  }

  texts(values: readonly string[]): this {
    if (this.#next() !== 'Array(String)') throw this.#misfit('an array of texts');
    this.#out.count(values.length);
    for (const value of values) this.#out.text(value);
    return this;
  }

  textMap(entries: Iterable<readonly [string, string]>): this {
    if (this.#next() !== 'Map(LowCardinality(String), LowCardinality(String))') throw this.#misfit('a map of texts');
    const all = [...entries];
    this.#out.count(all.length);
    for (const [key, value] of all) {
      this.#out.text(key);
      this.#out.text(value);
    }
    return this;
  }

  endRow(): void {
    if (this.#column !== this.#types.length)
      throw new Error(
        `a row has ${this.#column} fields and its insert ${this.#types.length} columns: a defect of its kind`,
      );
    this.#column = 0;
    this.#rowCount += 1;
    this.#rowsEnd = this.#out.length;
  }

  toBuffer(): Buffer {
    return this.#out.bytes.subarray(0, this.#rowsEnd);
  }

  #next(): ColumnType {
    const type = this.#types[this.#column++];
    if (type === undefined) throw this.#misfit('a field more');
    return type;
  }

  #misfit(what: string): Error {
    const at = this.#column - 1;
    return new Error(`column ${at} is ${this.#types[at] ?? 'not there'} and got ${what}: a defect of the kind of rows`);
  }
}

function headOf({ names, types }: Columns): Uint8Array {
  const head = new BinaryBytes();
  head.count(names.length);
  for (const name of names) head.text(name);
  for (const type of types) head.text(type);
  return head.bytes.subarray(0, head.length);
}

function endsOfFloats(types: readonly ColumnType[]): number[] {
  const ends = new Array<number>(types.length);
  for (let column = types.length - 1; column >= 0; column--) {
    const next = types[column + 1] === 'Nullable(Float32)' ? ends[column + 1]! : column + 1;
    ends[column] = types[column] === 'Nullable(Float32)' ? next : column;
  }
  return ends;
}
