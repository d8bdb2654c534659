import { deepEqual } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ask, command } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';

const processMsMax = 60_000;
const tables = ['host_windows', 'tier_seconds', 'tier_windows', 'tier_windows_1m'];
/** Nothing is small enough to be merged, and any number of parts is welcome. */
const settings =
  'max_bytes_to_merge_at_max_space_in_pool = 1, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000';

/**
 * Before the program's first start: ClickHouse must not merge rows in these tables. A merge would make one row of a row
 * that is there twice, and a check afterwards could not tell. In a process of its own: the engine, opened a second time
 * in one process, hung once in four runs.
 */
export async function keepEveryPart(dataDir: string): Promise<void> {
  await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), dataDir], { timeout: processMsMax });
}

async function stopMerges(dataDir: string): Promise<void> {
  const clickHouse = await openClickHouse({
    url: undefined,
    user: '',
    password: '',
    dataDir: join(dataDir, 'clickhouse'),
  });
  try {
    await migrate(clickHouse);
    for (const table of tables) await command(clickHouse, `ALTER TABLE dynoscope.${table} MODIFY SETTING ${settings}`);
  } finally {
    await clickHouse.close();
  }
}

/** That it was so: every part is as it was inserted. */
export async function nothingMerged(clickHouse: ClickHouse): Promise<void> {
  const merged = await ask(clickHouse, {
    sql: `SELECT table, count() AS parts FROM system.parts WHERE active AND min_block_number != max_block_number AND has({tables:Array(String)}, table) GROUP BY table`,
    params: { tables: `['${tables.join("','")}']` },
  });
  deepEqual(merged, [], 'parts were merged: what was there twice may be there once now');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await stopMerges(process.argv[2]!);
  process.exit(0);
}
