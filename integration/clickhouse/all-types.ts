import fc from 'fast-check';
import { columnsOf } from '../../sinks/clickhouse/columns.ts';
import { newRows } from '../../sinks/clickhouse/new-rows.ts';
import type { Insert } from '../../sinks/clickhouse/perform-insert.ts';
import type { RowFormat } from '../../sinks/clickhouse/row-format.ts';
import type { RowWriter } from '../../sinks/clickhouse/row-writer.ts';

/** Every type of column that a stream is inserted into, for comparing the formats of rows. */
export const columnsOfAllTypes = columnsOf({
  run: 'UInt32',
  n: 'UInt32',
  s: 'String',
  lc: 'LowCardinality(String)',
  yes: 'Bool',
  u8: 'UInt8',
  u16: 'UInt16',
  u32: 'UInt32',
  u64: 'UInt64',
  f: 'Float32',
  nf: 'Nullable(Float32)',
  ng: 'Nullable(Float32)',
  d: 'Float64',
  nd: 'Nullable(Float64)',
  m: 'Map(LowCardinality(String), Float64)',
  a: 'Array(String)',
  t: 'Map(LowCardinality(String), LowCardinality(String))',
  w: "DateTime('UTC')",
  x: "DateTime64(3, 'UTC')",
});

export function tableOfAllTypes(table: string): string {
  const { names, types } = columnsOfAllTypes;
  const definitions = names.map((name, i) => `${name} ${types[i]}`).join(', ');
  return `CREATE TABLE dynoscope.${table} (${definitions}) ENGINE = MergeTree ORDER BY (run, n) SETTINGS non_replicated_deduplication_window = 1000`;
}

const nastyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 90 }),
  fc.constantFrom('', '\\', "'", '\t', '\n', '\r\n', '\\N', "\\'", '\0', '}', "',", '\b\f', '\ud800', 'a\udfffb'),
);
const anyBits = fc
  .integer({ min: 0, max: 0xffff_ffff })
  .map((word) => new Float32Array(Uint32Array.of(word).buffer)[0]!);
const anyFloat = fc.oneof(anyBits, fc.double(), fc.constantFrom(0, -0, 1e-45, 1e39, 3.4028235677973366e38));
const anyCount = fc.oneof(fc.nat(300), fc.maxSafeInteger(), fc.double(), fc.constantFrom(255, 256, 65_536, 2 ** 32));
const anyTimeMs = fc.oneof(fc.nat({ max: 4_294_967_295_999 }), fc.double(), fc.constantFrom(0, 999, 9e18, -1));
/** Any values, also such as no column can hold. */
export const rowOfAllTypes = fc.record({
  s: nastyText,
  lc: nastyText,
  yes: fc.boolean(),
  counts: fc.tuple(anyCount, anyCount, anyCount, anyCount),
  floats: fc.tuple(anyFloat, anyFloat, anyFloat),
  doubles: fc.tuple(fc.double(), fc.double()),
  m: fc.array(fc.tuple(nastyText, fc.double()), { maxLength: 4 }),
  a: fc.array(nastyText, { maxLength: 3 }),
  t: fc.array(fc.tuple(nastyText, nastyText), { maxLength: 3 }),
  timesMs: fc.tuple(anyTimeMs, anyTimeMs),
});
type Row = typeof rowOfAllTypes extends fc.Arbitrary<infer T> ? T : never;

export function insertOfAllTypes(table: string, format: RowFormat, run: number, rows: readonly Row[]): Insert {
  const out = newRows(format, columnsOfAllTypes);
  for (const [n, row] of rows.entries()) append(out.integer(run).integer(n), row);
  const { rowCount } = out;
  return { table, token: `${table} ${run}`, columns: columnsOfAllTypes.names, format, rows: out.toBuffer(), rowCount };
}

function append(out: RowWriter, row: Row): void {
  const [u8, u16, u32, u64] = row.counts;
  out.text(row.s).text(row.lc).boolean(row.yes).integer(u8).integer(u16).integer(u32).integer(u64);
  out.float32(row.floats[0]).float32s({ values: Float64Array.from(row.floats), from: 1, step: 1, count: 2 });
  out.float64(row.doubles[0]).float64(row.doubles[1]);
  out.map(row.m).texts(row.a).textMap(row.t).seconds(row.timesMs[0]).milliseconds(row.timesMs[1]).endRow();
}
