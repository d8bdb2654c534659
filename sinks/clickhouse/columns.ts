/** Types of the columns that streams are inserted into, as the engine spells them: it compares the text. */
export type ColumnType =
  | 'String'
  | 'LowCardinality(String)'
  | "DateTime('UTC')"
  | "DateTime64(3, 'UTC')"
  | 'Bool'
  | 'UInt8'
  | 'UInt16'
  | 'UInt32'
  | 'UInt64'
  | 'Float32'
  | 'Nullable(Float32)'
  | 'Float64'
  | 'Nullable(Float64)'
  | 'Array(String)'
  | 'Map(LowCardinality(String), Float64)'
  | 'Map(LowCardinality(String), LowCardinality(String))';

/** Columns of an insert, in the order of its fields. */
export interface Columns {
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
}

/** Columns by name, in the order in which they are written down. */
export const columnsOf = (types: Readonly<Record<string, ColumnType>>): Columns => ({
  names: Object.keys(types),
  types: Object.values(types),
});
