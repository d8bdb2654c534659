import type { ClickHouse } from './connection.ts';
import { clickHouseError } from './engine-error.ts';
import type { RowFormat } from './row-format.ts';
import { databaseName } from './tables.ts';

/** Rows to be written, as a graph hands them out (`InsertOutput` of the stages). */
export interface Insert {
  readonly table: string;
  readonly token: string;
  readonly columns: readonly string[];
  readonly format: RowFormat;
  readonly rows: Buffer;
  readonly rowCount: number;
}

/**
 * Writes one insert. Repeating it with the same token is safe at any time, also after a failure whose outcome is
 * unknown: ClickHouse drops what it already has. Rejects with a DynoError; `retryable` tells an outage from bad rows.
 */
export async function performInsert(clickHouse: ClickHouse, insert: Insert, signal?: AbortSignal): Promise<void> {
  if (insert.rowCount === 0) return;
  const { columns, format, rows, token } = insert;
  const table = `${databaseName}.${insert.table}`;
  try {
    const raw = { table, columns, format, rows, token };
    await clickHouse.role('sink').run((link, abort) => link.insert(raw, abort), { signal });
  } catch (error) {
    throw clickHouseError(error, `insert ${insert.rowCount} rows into ${table} (token ${token})`);
  }
}
