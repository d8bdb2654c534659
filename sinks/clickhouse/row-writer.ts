import type { FloatFields } from '../../native/float-fields.ts';
import type { RowFormat } from './row-format.ts';

/**
 * Rows of one insert in the making: fields are appended in the order of its columns, `endRow` closes a row.
 * Deterministic: the same values give the same bytes, so a repeat after a crash is the same insert. Both formats store
 * the same row, bit for bit, also of values that no column can hold; each method says what becomes of those.
 */
export interface RowWriter {
  readonly format: RowFormat;
  readonly rowCount: number;
  /** Lone surrogates become U+FFFD: the engine's texts are UTF-8. */
  text(value: string): this;
  /** A count: what is no whole number from 0 on is 0, as one absurd value must not stop a whole insert. */
  integer(value: number): this;
  /** For DateTime columns; put to the nearest end of 1970 … 2106. */
  seconds(timeMs: number): this;
  /** For DateTime64(3) columns; put to the nearest end of 1970 … 2299. */
  milliseconds(timeMs: number): this;
  /** The value as 32-bit float; no value (NaN) and the infinite are NULL, or 0 where the column has none. */
  float32(value: number): this;
  /** The value as it is; no value (NaN) and the infinite are NULL, or 0 where the column has none. */
  float64(value: number): this;
  /** Many values as 32-bit floats, each a field. */
  float32s(fields: FloatFields): this;
  boolean(value: boolean): this;
  /** Map of 64-bit floats, keys in the order given; entries without a finite value are left out. */
  map(entries: Iterable<readonly [string, number]> | undefined): this;
  texts(values: readonly string[]): this;
  /** Map of texts, keys in the order given. */
  textMap(entries: Iterable<readonly [string, string]>): this;
  endRow(): void;
  /** The whole rows; what comes later is not in it. */
  toBuffer(): Buffer;
}
