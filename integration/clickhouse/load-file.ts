import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../../sinks/clickhouse/ask.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';

export interface LoadedFile {
  /** An insert as it is sent to a server: it ends with its format, and the rows come as the body. */
  readonly sql: string;
  readonly token: string;
  readonly rows: Buffer;
  /** For the file. */
  readonly folder: string;
}

/** Has the embedded engine parse what a server would be sent: rows in a file, for its binding takes text formats only. */
export async function loadFile(clickHouse: ClickHouse, { sql, token, rows, folder }: LoadedFile): Promise<void> {
  const file = join(folder, 'rows');
  writeFileSync(file, rows);
  const from = `FROM INFILE '${file}' SETTINGS insert_deduplication_token = '${token}' FORMAT `;
  await command(clickHouse, sql.replace('FORMAT ', from));
}
