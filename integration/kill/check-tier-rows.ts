import { deepEqual, ok } from 'node:assert/strict';
import { counters } from '../../schemas/counters.ts';
import { ask } from '../../sinks/clickhouse/ask.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { type Checked, completeThroughMs } from './check-rows.ts';
import type { PartitionTruth } from './log-contents.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * Every (tier, counter, 10-s window) that follows from the oracle's hosts and the tier that each host's row names is in
 * `tier_windows` once: hosts, least and greatest value exactly, the mean within the rounding of 32 bits.
 */
export async function checkTierWindows(clickHouse: ClickHouse, truths: readonly PartitionTruth[]): Promise<Checked> {
  const table = 'tier_windows';
  const throughMs = Math.min(
    await completeThroughMs(clickHouse, table),
    await completeThroughMs(clickHouse, 'host_windows'),
  );
  const params = { through: throughMs / 1_000 };
  const hosts = await ask(clickHouse, {
    sql: 'SELECT host, toUnixTimestamp(time) AS at, tier FROM dynoscope.host_windows WHERE time <= {through:DateTime}',
    params,
  });
  const rows = await ask(clickHouse, {
    sql: `SELECT tier, toUnixTimestamp(time) AS at, counter, hosts, mean, min, max FROM dynoscope.${table}
      WHERE region = '' AND server_type = '' AND time <= {through:DateTime}`,
    params,
  });
  const expected = valuesOf(truths, new Map(hosts.map((row) => [`${row['host']} ${row['at']}`, String(row['tier'])])));
  for (const key of expected.keys()) if (atOf(key) > throughMs / 1_000) expected.delete(key);
  const keys = rows.map((row) => keyOf(String(row['tier']), Number(row['at']), String(row['counter'])));
  deepEqual(keys.length - new Set(keys).size, 0, `${table}: a key is there more than once`);
  deepEqual(new Set(keys), new Set(expected.keys()), `${table}: other keys`);
  for (const [i, row] of rows.entries()) checkRow(keys[i]!, row, expected.get(keys[i]!)!);
  ok(rows.length > 0, `${table}: nothing to compare`);
  return { rows: rows.length, completeThroughMs: throughMs };
}

const keyOf = (tier: string, atS: number, counter: string): string => `${atS} ${counter} ${tier}`;
const atOf = (key: string): number => Number(key.slice(0, key.indexOf(' ')));

/** Values of the hosts of each tier, by key; hosts without a value of a counter are not among them. */
function valuesOf(truths: readonly PartitionTruth[], tierOf: ReadonlyMap<string, string>): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { expected } of truths) {
    for (const { windowMs, endMs, hosts } of expected.windows) {
      if (windowMs !== 10_000) continue;
      for (const [host, { values }] of hosts) {
        const tier = tierOf.get(`${host} ${endMs / 1_000}`);
        if (tier === undefined) continue;
        for (const [column, { name }] of counters.entries()) {
          const value = values[column]!;
          if (Number.isNaN(value)) continue;
          const key = keyOf(tier, endMs / 1_000, name);
          const list = found.get(key);
          if (list === undefined) found.set(key, [value]);
          else list.push(value);
        }
      }
    }
  }
  return found;
}

function checkRow(key: string, row: Row, values: readonly number[]): void {
  const found = { hosts: Number(row['hosts']), min: Number(row['min']), max: Number(row['max']) };
  const wanted = { hosts: values.length, min: Math.fround(Math.min(...values)), max: Math.fround(Math.max(...values)) };
  deepEqual({ ...found, min: Math.fround(found.min), max: Math.fround(found.max) }, wanted, key);
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  ok(
    Math.abs(Number(row['mean']) - mean) <= 1e-6 * Math.max(Math.abs(mean), 1e-30),
    `${key}: mean ${row['mean']}, not ${mean}`,
  );
}
