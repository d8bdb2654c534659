import { deepEqual, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ask } from '../../sinks/clickhouse/ask.ts';
import { openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { atEnd, freshFolder, type Row, startRunning, until } from './running.ts';

type Ask = (sql: string) => Promise<readonly Row[]>;
/** Newest time of a table by source, s: each source inserts its windows in order, whole. */
type Through = ReadonlyMap<string, number>;

const tables = ['tier_seconds', 'host_windows', 'tier_windows'];

/**
 * Gives the log of a run that has ended to a program with another epoch and an empty ClickHouse, and compares every row
 * of the first run, but for the epoch.
 */
export async function replayed(t: TestContext, dataDir: string): Promise<void> {
  const first = await openClickHouse({ url: undefined, user: '', password: '', dataDir: join(dataDir, 'clickhouse') });
  atEnd(t, () => first.close());
  const askFirst: Ask = (sql) => ask(first, { sql });
  const again = freshFolder(t);
  cpSync(join(dataDir, 'log'), join(again, 'log'), { recursive: true });
  writeFileSync(join(again, 'epoch.yaml'), 'epoch: 2\n');
  const args = ['--data', again, '--config', join(again, 'epoch.yaml'), '--no-fleet'];
  const running = await startRunning(t, { args });
  for (const table of tables) {
    const through = await throughOf(askFirst, table, 1);
    await until(`${table} of the replay`, 60_000, async () => {
      const reached = await throughOf(running.ask, table, 2);
      return [...through].every(([src, newestS]) => (reached.get(src) ?? 0) >= newestS) ? true : undefined;
    });
    const wanted = await rowsOf(askFirst, table, through);
    const found = await rowsOf(running.ask, table, through);
    t.diagnostic(`${table}: ${wanted.rows} rows, sha256 ${wanted.hash.slice(0, 16)}`);
    deepEqual({ table, ...found }, { table, ...wanted });
    ok(wanted.rows > 100, `${table}: only ${wanted.rows} rows to compare`);
  }
  equalEpochs(await running.ask('SELECT DISTINCT epoch FROM dynoscope.host_windows'));
}

/** The replay's rows were made anew: none was carried over. */
const equalEpochs = (rows: readonly Row[]): void => deepEqual(rows, [{ epoch: 2 }]);

async function throughOf(query: Ask, table: string, epoch: number): Promise<Through> {
  const rows = await query(
    `SELECT src, toUnixTimestamp(max(time)) AS newest FROM dynoscope.${table} WHERE epoch = ${epoch} GROUP BY src`,
  );
  return new Map(rows.map(({ src, newest }) => [String(src), Number(newest)]));
}

async function rowsOf(query: Ask, table: string, through: Through): Promise<{ rows: number; hash: string }> {
  const newest = [...through].map(([src, newestS]) => `(src = '${src}' AND toUnixTimestamp(time) <= ${newestS})`);
  const rows = await query(`SELECT * EXCEPT (epoch) FROM dynoscope.${table} WHERE ${newest.join(' OR ') || 'false'}`);
  const lines = rows.map((row) => JSON.stringify(row)).sort();
  return { rows: lines.length, hash: createHash('sha256').update(lines.join('\n')).digest('hex') };
}
