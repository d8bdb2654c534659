import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import { type ReadOnlyQuery, readOnlyQuery } from '../../sinks/clickhouse/read-only-query.ts';
import { paramsFor, savedQueries } from '../../sinks/clickhouse/saved-queries.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-ch-'));
let clickHouse: ClickHouse;

before(async () => {
  clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir });
  await migrate(clickHouse);
});
after(async () => {
  await clickHouse.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function bytesOf(query: Omit<ReadOnlyQuery, 'format'> & Partial<ReadOnlyQuery>): Promise<Buffer> {
  const { body } = await readOnlyQuery(clickHouse, { format: 'JSONEachRow', ...query });
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
const rowsOf = async (sql: string, params: Readonly<Record<string, string>> = {}): Promise<unknown[]> =>
  (await bytesOf({ sql, params }))
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

/** Ten seconds of hosts whose CPU is known, and their window, ending two minutes ago. */
async function insertWindow(): Promise<number> {
  const endS = Math.floor((Date.now() / 1_000 - 120) / 10) * 10;
  const busyOf = (host: number): number => (host === 7 ? 0.95 : 0.25 + host / 100);
  const hosts = [0, 1, 2, 3, 4, 5, 6, 7];
  const source = 'x-0\t1';
  const windows = hosts.map((host) => `${endS}\th${host}\tweb\twww\teast\tNHM\t10\t${busyOf(host)}\t${source}\n`);
  await performInsert(clickHouse, {
    table: 'host_windows',
    token: 'w',
    columns: ['time', 'host', 'tier', 'service', 'region', 'generation', 'samples', 'cpu_busy_ratio', 'src', 'epoch'],
    format: 'TabSeparated',
    rows: Buffer.from(windows.join('')),
    rowCount: hosts.length,
  });
  const seconds = hosts.flatMap((host) =>
    Array.from({ length: 10 }, (_, i) => `${endS - i}\th${host}\t${busyOf(host)}\t${endS}\t${source}\t5\n`),
  );
  await performInsert(clickHouse, {
    table: 'counters_1s',
    token: 's',
    columns: ['time', 'host', 'cpu_busy_ratio', 'slot', 'src', 'epoch', 'precedence'],
    format: 'TabSeparated',
    rows: Buffer.from(seconds.join('')),
    rowCount: seconds.length,
  });
  return endS;
}

test('every saved query runs on an empty database with its defaults, and has a question', async () => {
  for (const query of savedQueries()) {
    ok(query.question.length > 20, query.name);
    await rowsOf(query.sql, paramsFor(query, {}));
  }
});

test('the windows agree with the seconds they were made from, and a window that is off is found', async () => {
  const endS = await insertWindow();
  const check = savedQueries().find(({ name }) => name === 'windows-oracle-check')!;
  const answer = { windows: 8, written_more_than_once: 0, without_value: 0, different: 0, missing: 0 };
  const run = async () => {
    const [row] = (await rowsOf(check.sql, paramsFor(check, {}))) as Record<string, number>[];
    const { largest_difference, ...counts } = row!;
    return counts;
  };
  deepEqual(await run(), answer);
  await performInsert(clickHouse, {
    table: 'counters_1s',
    token: 'off',
    columns: ['time', 'host', 'cpu_busy_ratio', 'slot', 'src', 'epoch', 'precedence'],
    format: 'TabSeparated',
    rows: Buffer.from(`${endS}\th1\t0.9\t${endS}\tx-0\t1\t6\n`),
    rowCount: 1,
  });
  deepEqual(await run(), { ...answer, different: 1 });
});

test('a host far above the median of its peers is hot, its peers are not', async () => {
  const hot = savedQueries().find(({ name }) => name === 'hot-hosts')!;
  const rows = (await rowsOf(hot.sql, paramsFor(hot, {}))) as { host: string; peers: number }[];
  deepEqual(
    rows.map(({ host, peers }) => [host, peers]),
    [['h7', 8]],
  );
});

test('an agent that missed seconds between two whole windows is named; edges of what was heard are not', async () => {
  const endS = Math.floor((Date.now() / 1_000 - 300) / 10) * 10;
  const samplesOf: Readonly<Record<string, readonly number[]>> = {
    whole: [3, 10, 10, 10, 4],
    short: [3, 10, 7, 10, 4],
    gone: [10, 10, 0, 10, 10],
  };
  const lines = Object.entries(samplesOf).flatMap(([host, windows]) =>
    windows.flatMap((samples, i) =>
      samples === 0 ? [] : [`${endS + 10 * i}\t${host}\tmissing\t${samples}\tx-1\t1\n`],
    ),
  );
  await performInsert(clickHouse, {
    table: 'host_windows',
    token: 'missing',
    columns: ['time', 'host', 'tier', 'samples', 'src', 'epoch'],
    format: 'TabSeparated',
    rows: Buffer.from(lines.join('')),
    rowCount: lines.length,
  });
  const late = savedQueries().find(({ name }) => name === 'late-missing-agents')!;
  const rows = (await rowsOf(late.sql, paramsFor(late, {}))) as { host: string; seconds_missing: number }[];
  const missing = Object.fromEntries(rows.map((row) => [row.host, row.seconds_missing]));
  deepEqual([missing['whole'], missing['short'], missing['gone']], [0, 3, 10]);
});

test('Parquet arrives as bytes, whole', async () => {
  const bytes = await bytesOf({ sql: 'SELECT * FROM dynoscope.host_windows', format: 'Parquet' });
  equal(bytes.subarray(0, 4).toString('latin1') + bytes.subarray(-4).toString('latin1'), 'PAR1PAR1');
  ok(bytes.readUInt32LE(bytes.length - 8) < bytes.length, 'length of the footer');
});

test('a CSV has the names of its columns, and parameters are values, not SQL', async () => {
  const params = { a: "it's; DROP", n: '41' };
  const bytes = await bytesOf({ sql: 'SELECT {a:String} AS a, {n:UInt32} + 1 AS n', params, format: 'CSV' });
  equal(bytes.toString(), '"a","n"\n"it\'s; DROP",42\n');
});

const writing = [
  'INSERT INTO dynoscope.service_info (service) VALUES (1)',
  'SYSTEM FLUSH LOGS',
  "SELECT file('/etc/hostname')",
  "SELECT 1 INTO OUTFILE '/tmp/x'",
  'SELECT 1; DROP TABLE dynoscope.tier_seconds',
  "SELECT * FROM url('http://127.0.0.1:1')",
  'WITH 1 AS x INSERT INTO dynoscope.service_info (service) SELECT x',
  'SELECT 1 SETTINGS max_execution_time = 1000',
];

test('what would write, read files or command the engine is refused, and the connection goes on', async () => {
  for (const sql of writing) {
    await rejects(bytesOf({ sql }), (error) => hasCode(error, 'DYNO_CLICKHOUSE_NOT_READ_ONLY'), sql);
  }
  deepEqual(await rowsOf('SELECT 7 AS seven'), [{ seven: 7 }]);
});

test('bad SQL and too many rows are errors of their own, and leak nothing into the next answer', async () => {
  await rejects(bytesOf({ sql: 'SELECT nope FROM nope' }), (error) => hasCode(error, 'DYNO_CLICKHOUSE_QUERY_FAILED'));
  const tooMany = bytesOf({ sql: 'SELECT number FROM numbers(3000000)' });
  await rejects(tooMany, (error) => hasCode(error, 'DYNO_CLICKHOUSE_QUERY_LIMIT'));
  deepEqual(await rowsOf('SELECT 7 AS seven'), [{ seven: 7 }]);
});
