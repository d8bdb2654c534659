import type { Columns } from './columns.ts';
import { RowBinaryRows } from './row-binary.ts';
import type { RowFormat } from './row-format.ts';
import type { RowWriter } from './row-writer.ts';
import { TabSeparatedRows } from './tab-separated.ts';

/** A writer of rows with these columns. */
export const newRows = (format: RowFormat, columns: Columns): RowWriter =>
  format === 'TabSeparated' ? new TabSeparatedRows() : new RowBinaryRows(columns);
