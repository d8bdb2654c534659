import { deepEqual, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { ask, command } from '../../sinks/clickhouse/ask.ts';
import { columnsOf } from '../../sinks/clickhouse/columns.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { newRows } from '../../sinks/clickhouse/new-rows.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import { rowFormatOf } from '../../sinks/clickhouse/row-format.ts';
import { insertOfAllTypes, rowOfAllTypes, tableOfAllTypes } from './all-types.ts';
import { HttpEngine } from './http-engine.ts';

/** Rows as text go straight to the engine, as binary rows over HTTP: they are the same there, bit for bit. */
const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-ch-'));
let engine: HttpEngine;
let server: ClickHouse;

before(async () => {
  engine = await HttpEngine.start({ dataDir });
  server = await openClickHouse({ url: engine.url, user: 'default', password: '', dataDir: '' });
  for (const table of ['text', 'binary']) await command(engine.clickHouse, tableOfAllTypes(table));
});
after(async () => {
  await server.close();
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('counts, floats, texts, maps, arrays and times are the same rows in both formats, once for a token', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(rowOfAllTypes, { minLength: 1, maxLength: 100, size: 'max' }), async (rows) => {
      run += 1;
      await performInsert(engine.clickHouse, insertOfAllTypes('text', rowFormatOf(engine.clickHouse), run, rows));
      const binary = insertOfAllTypes('binary', rowFormatOf(server), run, rows);
      for (let repeat = 0; repeat < 2; repeat++) await performInsert(server, binary);
      await sameRows(run, rows.length);
    }),
    { numRuns: 20 },
  );
});

test('an insert whose answer was lost is there once when it is repeated', async () => {
  const run = 1_000_000;
  const rows = fc.sample(rowOfAllTypes, { numRuns: 200, seed: 7 });
  await performInsert(engine.clickHouse, insertOfAllTypes('text', 'TabSeparated', run, rows));
  const binary = insertOfAllTypes('binary', rowFormatOf(server), run, rows);
  engine.meetNext('answer_lost', 'unavailable');
  for (let lost = 0; lost < 2; lost++)
    await rejects(performInsert(server, binary), { code: 'DYNO_CLICKHOUSE_UNAVAILABLE', retryable: true });
  await performInsert(server, binary);
  await sameRows(run, rows.length);
});

test('a table whose column is of another type refuses the rows instead of reading other values', async () => {
  const table = 'other';
  await command(
    engine.clickHouse,
    `CREATE TABLE dynoscope.${table} (n UInt64, s String) ENGINE = MergeTree ORDER BY n`,
  );
  const columns = columnsOf({ n: 'UInt32', s: 'String' });
  const rows = newRows(rowFormatOf(server), columns);
  for (let row = 0; row < 2; row++) rows.integer(row).text('abcdefg').endRow();
  const { format, rowCount } = rows;
  const insert = { table, token: 'o', columns: columns.names, format, rows: rows.toBuffer(), rowCount };
  await rejects(performInsert(server, insert), { code: 'DYNO_CLICKHOUSE_ROWS_REFUSED', retryable: false });
  deepEqual(await ask(engine.clickHouse, { sql: `SELECT count() AS n FROM dynoscope.${table}` }), [{ n: 0 }]);
});

/** Both tables, written out by the engine: the bytes of its own format hide nothing, neither −0 nor NULL. */
async function sameRows(run: number, count: number): Promise<void> {
  const [text, binary] = await Promise.all([writtenOut('text', run), writtenOut('binary', run)]);
  ok(text.equals(binary), `run ${run}: the tables differ`);
  const of = (table: string): string => `(SELECT * FROM dynoscope.${table} WHERE run = ${run})`;
  const sql = `SELECT (SELECT count() FROM (${of('text')} EXCEPT ${of('binary')})) AS missing,
  (SELECT count() FROM (${of('binary')} EXCEPT ${of('text')})) AS more, (SELECT count() FROM ${of('binary')}) AS all`;
  deepEqual({ ...(await ask(engine.clickHouse, { sql }))[0] }, { missing: 0, more: 0, all: count });
}

async function writtenOut(table: string, run: number): Promise<Buffer> {
  const file = join(dataDir, `${table}-${run}`);
  await command(
    engine.clickHouse,
    `INSERT INTO FUNCTION file('${file}', 'Native') SELECT * FROM dynoscope.${table} WHERE run = ${run} ORDER BY n`,
  );
  const bytes = readFileSync(file);
  rmSync(file);
  return bytes;
}
