/**
 * Formats of ClickHouse that rows are written in. The binary one begins with the names and types of its columns, so that
 * a server whose table is another refuses the insert: without them it would read one column's bytes as the next one's.
 */
export type RowFormat = 'TabSeparated' | 'RowBinaryWithNamesAndTypes';

/** The binding of the embedded engine takes text formats only (docs/decisions/0013); to a server binary rows go for half the CPU. */
export const rowFormatOf = ({ embedded }: { readonly embedded: boolean }): RowFormat =>
  embedded ? 'TabSeparated' : 'RowBinaryWithNamesAndTypes';
