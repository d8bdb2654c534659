import { deepEqual, equal, rejects } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DynoError } from '../../base/errors.ts';
import { ask, command } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import { HttpEngine, type InsertFault } from './http-engine.ts';

/** The link to a server, over HTTP to the real engine: what arrives, and what each failure is called. */
const folder = mkdtempSync(join(tmpdir(), 'dynoscope-ch-'));
let engine: HttpEngine;
let server: ClickHouse;

before(async () => {
  engine = await HttpEngine.start({ dataDir: folder });
  server = await openClickHouse({ url: engine.url, user: 'default', password: '', dataDir: '' });
  await command(
    server,
    'CREATE TABLE dynoscope.t (n UInt32, word String) ENGINE = ReplacingMergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100',
  );
});
after(async () => {
  await server.close();
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const insert = (token: string, ...lines: readonly string[]) =>
  performInsert(server, {
    table: 't',
    token,
    columns: ['n', 'word'],
    format: 'TabSeparated',
    rows: Buffer.from(`${lines.join('\n')}\n`),
    rowCount: lines.length,
  });
const words = async (): Promise<string> => {
  const sql = "SELECT arrayStringConcat(arraySort(groupArray(word)), ' ') AS words FROM dynoscope.t";
  return String((await ask(server, { sql }))[0]?.['words']);
};
const failsAs = async (code: string, retryable: boolean, work: Promise<void>): Promise<void> => {
  await rejects(work, (error) => {
    deepEqual(error instanceof DynoError && [error.code, error.retryable], [code, retryable], String(error));
    return true;
  });
};

test('rows arrive, a repeat with its token changes nothing, and a question takes its parameters', async () => {
  await insert('a', "1\tone's \\t\\\\");
  await insert('a', '1\tsomething else');
  await insert('b', '2\ttwo');
  equal(await words(), "one's \t\\ two");
  const sql = 'SELECT word FROM dynoscope.t WHERE n = {n:UInt32} AND word = {word:String}';
  deepEqual(await ask(server, { sql, params: { n: 2, word: 'two' } }), [{ word: 'two' }]);
});

test('an insert in a binary format is handed on as it is, with its token', async () => {
  const row = Buffer.from([7, 0, 0, 0, 5, ...Buffer.from('se\nen')]);
  const query = encodeURIComponent('INSERT INTO dynoscope.t (n, word) FORMAT RowBinary');
  for (let time = 0; time < 2; time++) {
    const answer = await fetch(`${engine.url}/?query=${query}&insert_deduplication_token=binary`, {
      method: 'POST',
      body: row,
    });
    equal(answer.status, 200, await answer.text());
  }
  deepEqual(await ask(server, { sql: 'SELECT word FROM dynoscope.t WHERE n = 7' }), [{ word: 'se\nen' }]);
});

test('bad rows are refused for good, a missing table until somebody migrates', async () => {
  await failsAs('DYNO_CLICKHOUSE_ROWS_REFUSED', false, insert('c', '3\tthree', 'not a number\tx'));
  const rows = { columns: ['n'], format: 'TabSeparated', rows: Buffer.from('1\n'), rowCount: 1 } as const;
  const missing = { table: 'nope', token: 'x', ...rows };
  await failsAs('DYNO_CLICKHOUSE_SCHEMA_MISSING', true, performInsert(server, missing));
  deepEqual(await ask(server, { sql: 'SELECT count() AS rows FROM dynoscope.t WHERE n = 3' }), [{ rows: 0 }]);
});

const outages: readonly (readonly [InsertFault, appliedAtOnce: number])[] = [
  ['reset_before', 0],
  ['answer_lost', 1],
  ['unavailable', 0],
  ['too_many_parts', 0],
];
for (const [number, [fault, appliedAtOnce]] of outages.entries())
  test(`${fault} is an outage, and the repeat leaves one row`, async () => {
    const [n, token] = [100 + number, `outage ${number}`];
    const rows = async () => (await ask(server, { sql: `SELECT count() AS rows FROM dynoscope.t WHERE n = ${n}` }))[0];
    engine.meetNext(fault);
    await failsAs('DYNO_CLICKHOUSE_UNAVAILABLE', true, insert(token, `${n}\tx`));
    deepEqual(await rows(), { rows: appliedAtOnce });
    await insert(token, `${n}\tx`);
    deepEqual(await rows(), { rows: 1 });
  });

test('a server that went away and came back is used again', async () => {
  await engine.leave();
  await failsAs('DYNO_CLICKHOUSE_UNAVAILABLE', true, insert('away', '200\taway'));
  await engine.comeBack();
  await insert('away', '200\taway');
  deepEqual(await ask(server, { sql: 'SELECT word FROM dynoscope.t WHERE n = 200' }), [{ word: 'away' }]);
});
