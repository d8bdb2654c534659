import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { ask, command } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';

/** What is known to go wrong with the embedded engine, each seen happen: settings that stick, answers that leak, locks. */
const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-ch-'));
let clickHouse: ClickHouse;

before(async () => {
  clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir });
  await command(clickHouse, 'CREATE DATABASE dynoscope ENGINE = Atomic');
  await command(
    clickHouse,
    'CREATE TABLE dynoscope.t (n UInt32, word String) ENGINE = ReplacingMergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100',
  );
});
after(async () => {
  await clickHouse.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const insert = (token: string, ...lines: readonly string[]) =>
  performInsert(clickHouse, {
    table: 't',
    token,
    columns: ['n', 'word'],
    format: 'TabSeparated',
    rows: Buffer.from(`${lines.join('\n')}\n`),
    rowCount: lines.length,
  });
const words = async (): Promise<string> =>
  String(
    (
      await ask(clickHouse, { sql: "SELECT arrayStringConcat(arraySort(groupArray(word)), ' ') AS w FROM dynoscope.t" })
    )[0]?.['w'],
  );

test('an insert that is repeated with its token is there once, and the next insert with another token is not dropped', async () => {
  await insert('a', '1\tone');
  await insert('a', '1\tone');
  await insert('b', '2\ttwo');
  equal(await words(), 'one two');
});

test('a refused insert leaves nothing behind: the next answer is whole and the next insert arrives', async () => {
  await rejects(insert('c', '3\tthree', 'not a number\tx'), (error) => hasCode(error, 'DYNO_CLICKHOUSE_ROWS_REFUSED'));
  equal(await words(), 'one two');
  await insert('c', '3\tthree');
  equal(await words(), 'one three two');
});

test('a failing query leaves no partial output in the next answer of its connection', async () => {
  await rejects(ask(clickHouse, { sql: 'SELECT number, throwIf(number = 200000) FROM numbers(1000000)' }), (error) =>
    hasCode(error, 'DYNO_CLICKHOUSE_UNAVAILABLE'),
  );
  deepEqual(await ask(clickHouse, { sql: 'SELECT 7 AS seven' }), [{ seven: 7 }]);
});

test('an aborted query rejects at once, and the connection answers the next question at once', async () => {
  const abort = new AbortController();
  const slow = ask(clickHouse, { sql: 'SELECT sum(sipHash64(number)) FROM numbers(400000000)', signal: abort.signal });
  setTimeout(() => abort.abort(new Error('the page was closed')), 100);
  await rejects(slow, /the page was closed/);
  const startMs = performance.now();
  deepEqual(await ask(clickHouse, { sql: 'SELECT 7 AS seven' }), [{ seven: 7 }]);
  ok(performance.now() - startMs < 1_500, 'the next question waited for the aborted one');
});

test('a question that takes too long gives its connection up and the role goes on', async () => {
  const api = clickHouse.role('api');
  await rejects(
    api.run((link) => link.client.command({ query: 'SELECT sum(sipHash64(number)) FROM numbers(400000000)' }), {
      timeoutMs: 100,
    }),
    (error) => hasCode(error, 'DYNO_CLICKHOUSE_TIMEOUT'),
  );
  deepEqual(await ask(clickHouse, { sql: 'SELECT 7 AS seven' }), [{ seven: 7 }]);
});

test('the token decides, not the rows: other rows under a known token are dropped', async () => {
  await insert('same', '90\tnine');
  await insert('same', '91\tten');
  equal((await words()).includes('nine'), true);
  equal((await words()).includes('ten'), false);
  await command(clickHouse, 'ALTER TABLE dynoscope.t DELETE WHERE n >= 90 SETTINGS mutations_sync = 1');
});

test('a heavy question of one role does not hold up the insert of another', async () => {
  const heavy = ask(clickHouse, {
    sql: 'SELECT sum(sipHash64(number)) AS s FROM numbers(30000000) SETTINGS max_threads = 1',
  });
  const startMs = performance.now();
  await insert('d', '4\tfour');
  const insertMs = performance.now() - startMs;
  await heavy;
  ok(insertMs < performance.now() - startMs - 50, `the insert took ${insertMs} ms`);
});

test('settings of one call do not stick: a read-only role does not stop the sink', async () => {
  const readonly = clickHouse.role('readonly');
  await rejects(
    readonly.run((link) => link.client.command({ query: 'DROP TABLE dynoscope.t' })),
    /readonly/,
  );
  await insert('e', '5\tfive');
  equal(await words(), 'five four one three two');
});

test('inserts go on whole and once while questions beside them fail and are aborted', async () => {
  let inserting = true;
  const troubled = async (): Promise<number> => {
    let failed = 0;
    while (inserting) {
      const abort = new AbortController();
      const slow = ask(clickHouse, {
        sql: 'SELECT sum(sipHash64(number)) FROM numbers(30000000) SETTINGS max_threads = 1',
        signal: abort.signal,
      });
      const broken = ask(clickHouse, { sql: 'SELECT number, throwIf(number = 200000) FROM numbers(1000000)' });
      setTimeout(() => abort.abort(new Error('the page was closed')), 10);
      const outcomes = await Promise.allSettled([slow, broken]);
      failed += outcomes.filter(({ status }) => status === 'rejected').length;
    }
    return failed;
  };
  const failing = troubled();
  for (let n = 1_000; n < 1_012; n++) {
    await insert(`beside ${n}`, `${n}\tbeside`);
    // As after an answer that was lost.
    if (n % 4 === 0) await insert(`beside ${n}`, `${n}\tbeside`);
  }
  inserting = false;
  ok((await failing) >= 2, 'questions failed meanwhile');
  const sql = "SELECT count() AS rows, uniqExact(n) AS numbers FROM dynoscope.t WHERE word = 'beside'";
  deepEqual(await ask(clickHouse, { sql }), [{ rows: 12, numbers: 12 }]);
});

test('a table that is not there is retryable and says what to run', async () => {
  const missing = performInsert(clickHouse, {
    table: 'nope',
    token: 'x',
    columns: ['n'],
    format: 'TabSeparated',
    rows: Buffer.from('1\n'),
    rowCount: 1,
  });
  await rejects(
    missing,
    (error) => hasCode(error, 'DYNO_CLICKHOUSE_SCHEMA_MISSING') && /dynoscope migrate/.test(String(error)),
  );
});

test('a second process on the same folder is told who has it', () => {
  const code = `import { openClickHouse } from '${new URL('../../sinks/clickhouse/connection.js', import.meta.url).href}';
await openClickHouse({ url: undefined, user: '', password: '', dataDir: ${JSON.stringify(dataDir)} }).catch((error) => console.log(error.code, error.message));`;
  const second = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  match(second.stdout, new RegExp(`^DYNO_CLICKHOUSE_DIR_IN_USE .* is in use by process ${process.pid};`, 'm'));
});
