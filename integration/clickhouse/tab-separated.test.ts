import { deepEqual } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { ask, command } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import { TabSeparatedRows } from '../../sinks/clickhouse/tab-separated.ts';

/** What our writer writes, the real engine reads back: bit for bit. */
const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-ch-'));
let clickHouse: ClickHouse;

before(async () => {
  clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir });
  await command(clickHouse, 'CREATE DATABASE dynoscope ENGINE = Atomic');
  await command(
    clickHouse,
    `CREATE TABLE dynoscope.t (run UInt32, n UInt32, s String, f Nullable(Float32), d Nullable(Float64), m Map(LowCardinality(String), Float64), a Array(String), t Map(String, String), w DateTime('UTC'), x DateTime64(3, 'UTC'))
ENGINE = MergeTree ORDER BY (run, n) SETTINGS non_replicated_deduplication_window = 1000`,
  );
});
after(async () => {
  await clickHouse.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const anyText = fc.string({ unit: 'grapheme', maxLength: 12 });
const nastyText = fc.oneof(
  anyText,
  fc.constantFrom('', '\\', "'", '\t', '\n', '\r\n', '\\N', "\\'", '\0', '}', "',", '\b\f'),
);
const anyRow = fc.record({
  s: nastyText,
  f: fc.float(),
  d: fc.double(),
  m: fc.uniqueArray(fc.tuple(nastyText, fc.double({ noNaN: true, noDefaultInfinity: true })), {
    selector: ([key]) => key,
    maxLength: 4,
  }),
  a: fc.array(nastyText, { maxLength: 3 }),
  timeMs: fc.oneof(
    fc.nat({ max: 4_294_967_295_999 }),
    fc.nat({ max: 1_000_000_000_000 }),
    fc.constantFrom(0, 999, 1_000),
  ),
  t: fc.uniqueArray(fc.tuple(nastyText, nastyText), { selector: ([key]) => key, maxLength: 3 }),
});
type Row = typeof anyRow extends fc.Arbitrary<infer T> ? T : never;

test('texts, floats, maps and arrays come back from the engine as they were written', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 40 }), async (rows) => {
      run += 1;
      await write(run, rows);
      deepEqual(await read(run), rows.map(expected));
    }),
    { numRuns: 150 },
  );
});

async function write(run: number, rows: readonly Row[]): Promise<void> {
  const out = new TabSeparatedRows();
  for (const [n, row] of rows.entries()) {
    out
      .integer(run)
      .integer(n)
      .text(row.s)
      .float32(row.f)
      .float64(row.d)
      .map(row.m)
      .texts(row.a)
      .textMap(row.t)
      .seconds(row.timeMs)
      .milliseconds(row.timeMs)
      .endRow();
  }
  await performInsert(clickHouse, {
    table: 't',
    token: `run ${run}`,
    columns: ['run', 'n', 's', 'f', 'd', 'm', 'a', 't', 'w', 'x'],
    format: out.format,
    rows: out.toBuffer(),
    rowCount: out.rowCount,
  });
}

/** Floats travel back as their bits, texts as hex: JSON would hide a difference. */
async function read(run: number): Promise<unknown[]> {
  const rows = await ask(clickHouse, {
    sql: `SELECT hex(s) AS s, reinterpretAsUInt32(f) AS f, toString(reinterpretAsUInt64(d)) AS d,
  arrayMap((k, v) -> (hex(k), toString(reinterpretAsUInt64(v))), mapKeys(m), mapValues(m)) AS m, arrayMap(x -> hex(x), a) AS a,
  arrayMap((k, v) -> (hex(k), hex(v)), mapKeys(t), mapValues(t)) AS t,
  toUnixTimestamp(w) AS w, toFloat64(toUnixTimestamp64Milli(x)) AS x FROM dynoscope.t WHERE run = {run:UInt32} ORDER BY n`,
    params: { run },
  });
  return rows.map((row) => ({ ...row }));
}

const hex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase();
const bits32 = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;
const bits64 = (value: number): string => String(new BigUint64Array(Float64Array.of(value).buffer)[0]);
const expected = (row: Row): unknown => ({
  s: hex(row.s),
  f: Number.isFinite(row.f) ? bits32(row.f) : null,
  d: Number.isFinite(row.d) ? bits64(row.d) : null,
  m: row.m.map(([key, value]) => [hex(key), bits64(value)]),
  a: row.a.map(hex),
  t: row.t.map(([key, value]) => [hex(key), hex(value)]),
  w: Math.floor(row.timeMs / 1_000),
  x: row.timeMs,
});
