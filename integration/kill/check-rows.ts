import { deepEqual, equal, ok } from 'node:assert/strict';
import { counters } from '../../schemas/counters.ts';
import { ask } from '../../sinks/clickhouse/ask.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import type { ExpectedHost } from '../oracle/expected-windows.ts';
import type { PartitionTruth } from './log-contents.ts';

type Row = Readonly<Record<string, unknown>>;

export interface Checked {
  readonly rows: number;
  /** Windows that end by then are in the table, all of them. */
  readonly completeThroughMs: number;
}

/**
 * Through when a table must be whole: each source inserts its windows in order, so the slowest source decides.
 * Answers 0 while some source has inserted nothing.
 */
export async function completeThroughMs(clickHouse: ClickHouse, table: string): Promise<number> {
  const rows = await ask(clickHouse, {
    sql: `SELECT src, toUnixTimestamp(max(time)) AS newest FROM dynoscope.${table} GROUP BY src`,
  });
  return rows.length === 0 ? 0 : Math.min(...rows.map((row) => Number(row['newest']))) * 1_000;
}

/** The log was stopped in order after it had settled: so far before its newest closed windows, tables must be whole. */
const behindMaxMs = 40_000;

/** Tables may not decide themselves how much of them is looked at: what the input has closed must have arrived. */
export function checkReached(checked: Checked, truths: readonly PartitionTruth[], windowMs: 1_000 | 10_000): void {
  const closed = truths.map(({ expected }) => expected.closedThroughMs[windowMs]).filter(Number.isFinite);
  const wantedMs = Math.min(...closed) - behindMaxMs;
  ok(
    checked.completeThroughMs >= wantedMs,
    `whole through ${checked.completeThroughMs} only, ${(wantedMs - checked.completeThroughMs) / 1_000} s before what the input has closed`,
  );
}

/** Every (host, 10-s window) that plain loops make is in `host_windows` once, not merged away, equal bit for bit. */
export async function checkHostWindows(clickHouse: ClickHouse, truths: readonly PartitionTruth[]): Promise<Checked> {
  const throughMs = await completeThroughMs(clickHouse, 'host_windows');
  const names = counters.map(({ name }) => name);
  const rows = await ask(clickHouse, {
    sql: `SELECT host, toUnixTimestamp(time) AS at, ${names.join(', ')} FROM dynoscope.host_windows WHERE time <= {through:DateTime}`,
    params: { through: throughMs / 1_000 },
  });
  const expected = expectedOf(truths, 10_000, throughMs);
  checkKeys('host_windows', rows, expected);
  for (const row of rows) {
    const { values } = expected.get(keyOf(row))!;
    for (const [column, name] of names.entries()) {
      const wanted = values[column]!;
      const found = row[name] === null ? Number.NaN : Math.fround(Number(row[name]));
      ok(
        Object.is(found, Number.isNaN(wanted) ? Number.NaN : Math.fround(wanted)),
        `${keyOf(row)} ${name}: ${found}, not ${wanted}`,
      );
    }
  }
  return { rows: rows.length, completeThroughMs: throughMs };
}

/** The same for `tier_seconds`: one row per host and second, metrics equal as 64-bit floats. */
export async function checkTierSeconds(
  clickHouse: ClickHouse,
  truths: readonly PartitionTruth[],
  metrics: readonly string[],
): Promise<Checked> {
  const throughMs = (await completeThroughMs(clickHouse, 'tier_seconds')) - 1_000;
  const rows = await ask(clickHouse, {
    sql: 'SELECT host, toUnixTimestamp(time) AS at, metrics FROM dynoscope.tier_seconds WHERE time <= {through:DateTime}',
    params: { through: throughMs / 1_000 },
  });
  const expected = expectedOf(truths, 1_000, throughMs);
  checkKeys('tier_seconds', rows, expected);
  for (const row of rows) {
    const { values } = expected.get(keyOf(row))!;
    const wanted = Object.fromEntries(
      metrics.flatMap((metric, i) => (Number.isNaN(values[i]) ? [] : [[metric, values[i]]])),
    );
    deepEqual({ ...(row['metrics'] as object) }, wanted, keyOf(row));
  }
  return { rows: rows.length, completeThroughMs: throughMs };
}

/**
 * Every (host, second) of the 1-s windows is in `counters_1s`, with the values of the first record that said it. Rows
 * beyond them are records that came too late for their second.
 */
export async function checkCounters1s(
  clickHouse: ClickHouse,
  truths: readonly PartitionTruth[],
  metrics: readonly string[],
): Promise<Checked> {
  const newest = await ask(clickHouse, {
    sql: 'SELECT src, toUnixTimestamp(max(slot)) AS slot FROM dynoscope.counters_1s GROUP BY src',
  });
  // A slot holds what was appended in 5 s; what a host sampled 10 s before the newest slot was appended well below it.
  const throughMs = Math.min(...newest.map((row) => Number(row['slot']))) * 1_000 - 10_000;
  const columns = metrics.filter((metric) => counters.some(({ name }) => name === metric));
  const rows = await ask(clickHouse, {
    sql: `SELECT host, toUnixTimestamp(time) AS at, ${columns.join(', ')} FROM dynoscope.counters_1s FINAL WHERE time <= {through:DateTime}`,
    params: { through: throughMs / 1_000 },
  });
  const found = new Map(rows.map((row) => [keyOf(row), row]));
  equal(found.size, rows.length, 'a (host, second) is in counters_1s more than once');
  for (const [key, { values }] of expectedOf(truths, 1_000, throughMs)) {
    const row = found.get(key);
    ok(row !== undefined, `counters_1s has no row ${key}`);
    for (const name of columns) {
      const wanted = values[metrics.indexOf(name)]!;
      const value = row[name] === null ? Number.NaN : Math.fround(Number(row[name]));
      ok(
        Object.is(value, Number.isNaN(wanted) ? Number.NaN : Math.fround(wanted)),
        `${key} ${name}: ${value}, not ${wanted}`,
      );
    }
  }
  return { rows: rows.length, completeThroughMs: throughMs };
}

function expectedOf(truths: readonly PartitionTruth[], windowMs: number, throughMs: number): Map<string, ExpectedHost> {
  const expected = new Map<string, ExpectedHost>();
  for (const truth of truths) {
    for (const window of truth.expected.windows) {
      if (window.windowMs !== windowMs || window.endMs > throughMs) continue;
      for (const [host, values] of window.hosts) expected.set(`${host} ${window.endMs}`, values);
    }
  }
  return expected;
}

const keyOf = (row: Row): string => `${String(row['host'])} ${Number(row['at']) * 1_000}`;

function checkKeys(table: string, rows: readonly Row[], expected: ReadonlyMap<string, unknown>): void {
  const found = new Map<string, number>();
  for (const row of rows) found.set(keyOf(row), (found.get(keyOf(row)) ?? 0) + 1);
  const doubled = [...found].filter(([, count]) => count > 1).map(([key]) => key);
  const lost = [...expected.keys()].filter((key) => !found.has(key));
  const unexpected = [...found.keys()].filter((key) => !expected.has(key));
  const some = (keys: readonly string[]): readonly string[] => keys.slice(0, 5);
  deepEqual(
    {
      table,
      lost: lost.length,
      doubled: doubled.length,
      unexpected: unexpected.length,
      examples: [some(lost), some(doubled), some(unexpected)],
    },
    { table, lost: 0, doubled: 0, unexpected: 0, examples: [[], [], []] },
  );
  ok(expected.size > 0, `${table}: nothing to compare, the run was too short`);
}
