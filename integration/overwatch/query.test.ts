import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ApiError, SavedQuery } from '../../overwatch/api-types.ts';
import { type Overwatch, startOverwatch } from '../../overwatch/server.ts';
import { fleetForTests, statusForTests } from '../../overwatch/testing/synthetic-program.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { readOnlyQuery } from '../../sinks/clickhouse/read-only-query.ts';
import { savedQueries } from '../../sinks/clickhouse/saved-queries.ts';

/** `/api/query` over the real engine: what analysts get, and what they are told when it does not work. */
const dataDir = mkdtempSync(join(tmpdir(), 'dyno-query-'));
let clickHouse: ClickHouse;
let overwatch: Overwatch;

const overwatchOn = (engine: ClickHouse, folder: string): Promise<Overwatch> =>
  startOverwatch({
    host: '127.0.0.1',
    port: 0,
    dataDir: join(dataDir, folder),
    version: '0.1.0',
    live: fleetForTests(),
    queries: (request) => readOnlyQuery(engine, request),
    savedQueries: savedQueries(),
    status: statusForTests,
  });

before(async () => {
  clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir: join(dataDir, 'ch') });
  await migrate(clickHouse);
  overwatch = await overwatchOn(clickHouse, 'embedded');
});
after(async () => {
  await overwatch.close();
  await clickHouse.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const query = (parameters: Record<string, string>, { url } = overwatch): Promise<Response> =>
  fetch(`${url}/api/query?${new URLSearchParams(parameters)}`);

test('each format answers the same rows, with its media type', async () => {
  const sql = 'SELECT number AS n, toString(number) AS word FROM numbers(2)';
  const compact = await query({ sql });
  equal(compact.headers.get('content-type'), 'application/json; charset=utf-8');
  deepEqual(((await compact.json()) as { data: unknown }).data, [
    [0, '0'],
    [1, '1'],
  ]);
  equal(await (await query({ sql, format: 'JSONEachRow' })).text(), '{"n":0,"word":"0"}\n{"n":1,"word":"1"}\n');
  equal(await (await query({ sql, format: 'CSV' })).text(), '"n","word"\n0,"0"\n1,"1"\n');
  const parquet = Buffer.from(await (await query({ sql, format: 'Parquet' })).arrayBuffer());
  equal(parquet.subarray(0, 4).toString(), 'PAR1');
  equal(parquet.subarray(-4).toString(), 'PAR1');
});

test('an unknown format is refused with those that there are', async () => {
  const answer = await query({ sql: 'SELECT 1', format: 'XML' });
  equal(answer.status, 400);
  match(((await answer.json()) as ApiError).message, /expected JSONCompact, JSONEachRow, CSV, Parquet$/);
  match(((await (await query({})).json()) as ApiError).message, /must have required property 'sql'/);
});

test('values of parameters travel beside the SQL', async () => {
  const answer = await query({ sql: 'SELECT {n:UInt32} + 1 AS n', param_n: '41', format: 'CSV' });
  equal(await answer.text(), '"n"\n42\n');
});

const refusals: readonly [says: string, sql: string, status: number, message: RegExp][] = [
  ['bad SQL', 'SELECT FROM WHERE', 400, /Syntax error/],
  ['an unknown table', 'SELECT * FROM dynoscope.nothing', 400, /nothing/],
  ['an insert', 'INSERT INTO dynoscope.counters_1s (host) VALUES (1)', 403, /read/i],
  ['a drop', 'DROP TABLE dynoscope.counters_1s', 403, /read/i],
  ['another server', "SELECT * FROM s3('http://127.0.0.1:1/x/y')", 403, /only numbers, zeros/],
  ['a second statement', 'SELECT 1; SELECT 2', 403, /several statements/],
];
for (const [says, sql, status, message] of refusals)
  test(`${says} is refused with ${status}, and the next query works`, async () => {
    const answer = await query({ sql });
    const body = (await answer.json()) as ApiError;
    equal(answer.status, status, JSON.stringify(body));
    match(body.code, /^DYNO_CLICKHOUSE_/);
    match(body.message, message);
    equal(await (await query({ sql: 'SELECT 1 AS n', format: 'CSV' })).text(), '"n"\n1\n');
  });

test('without ClickHouse the answer is 503 and says so', async () => {
  const away = await openClickHouse({ url: 'http://127.0.0.1:1', user: 'default', password: '', dataDir });
  const server = await overwatchOn(away, 'away');
  const answer = await query({ sql: 'SELECT 1' }, server);
  equal(answer.status, 503);
  match(((await answer.json()) as ApiError).code, /^DYNO_CLICKHOUSE_UNAVAILABLE$/);
  await server.close();
  await away.close();
});

test('every saved query runs with its defaults', async () => {
  const saved = (await (await fetch(`${overwatch.url}/api/queries`)).json()) as SavedQuery[];
  for (const { name, sql, params } of saved) {
    const values = params.map((param) => [`param_${param.name}`, param.default ?? 'x'] as const);
    const answer = await query({ sql, ...Object.fromEntries(values) });
    equal(answer.status, 200, `${name}: ${answer.status === 200 ? '' : await answer.text()}`);
  }
});
