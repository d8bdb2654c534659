import type { RowWriter } from '../../sinks/clickhouse/row-writer.ts';
import type { RowKind } from '../../sinks/clickhouse/rows/row-kind.ts';
import type { InsertOutput } from '../runtime/stage.ts';

/** These rows as one insert of their kind. */
export const insertOf = <T>({ table, columns }: RowKind<T>, token: string, rows: RowWriter): InsertOutput => ({
  kind: 'insert',
  table,
  token,
  columns: columns.names,
  format: rows.format,
  rows: rows.toBuffer(),
  rowCount: rows.rowCount,
});
