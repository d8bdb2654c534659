import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { newRows } from '../../sinks/clickhouse/new-rows.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import type { LoggedValue, RowKind } from '../../sinks/clickhouse/rows/row-kind.ts';

let offset = 0;

/** Rows of records as the stage makes them, without a log: for tests of what is asked of the tables. */
export async function insertRecords<T>(
  clickHouse: ClickHouse,
  kind: RowKind<LoggedValue<T | undefined>>,
  values: readonly T[],
): Promise<void> {
  const rows = newRows('TabSeparated', kind.columns);
  for (const value of values) {
    offset += 1;
    kind.append(rows, { value, key: '', offset, appendTimeMs: 0 }, { src: 'test-0', epoch: 1 });
  }
  await performInsert(clickHouse, {
    table: kind.table,
    token: `test:${offset}`,
    columns: kind.columns.names,
    format: rows.format,
    rows: rows.toBuffer(),
    rowCount: rows.rowCount,
  });
}
