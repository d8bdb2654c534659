import { ok } from 'node:assert/strict';
import type { FoundRow } from '../simulation/simulated-clickhouse.ts';
import { worldMetrics } from '../simulation/simulated-host.ts';
import type { SimulatedWorld } from '../simulation/simulated-world.ts';
import { compareRows, float32Bits } from './compare-rows.ts';
import { catalogue, type PartitionTruth } from './world-truth.ts';

/** Rows of a table, nothing merged. */
export type RowsOf = (table: string) => readonly FoundRow[];

/** `host_windows`: for every host and closed 10-s window one row, of the right tier, equal bit for bit. */
export function checkHostWindows(world: SimulatedWorld, rowsOf: RowsOf, truths: readonly PartitionTruth[]): number {
  const expected = new Map<string, string>();
  for (const { windowMs, endMs, hosts } of truths.flatMap((truth) => truth.expected.windows)) {
    if (windowMs !== 10_000) continue;
    for (const [host, { values, samples, app }] of hosts) {
      const { tier, service, region } = world.inventory.placementOf(host, endMs);
      const means = [...app].map(([name, mean]) => `'${name}':${mean}`).join();
      const bits = values.map(float32Bits).join(' ');
      expected.set(`${host} ${endMs}`, `${tier}/${service}/${region} ${Math.max(0, ...samples)} {${means}} ${bits}`);
    }
  }
  const found = rowsOf('host_windows').map((row) => {
    const place = `${row.get('tier')}/${row.get('service')}/${row.get('region')}`;
    const bits = catalogue.map(({ name }) => float32Bits(row.get(name)!)).join(' ');
    return [keyOf(row), `${place} ${row.get('samples')} ${row.get('app')} ${bits}`] as const;
  });
  ok(expected.size > 0, 'no 10-s window closed: the world was too short');
  compareRows('host_windows', found, expected);
  return found.length;
}

/** `tier_seconds`: for every host and closed second one row, its metrics as 64-bit floats. */
export function checkTierSeconds(world: SimulatedWorld, rowsOf: RowsOf, truths: readonly PartitionTruth[]): void {
  const expected = new Map<string, string>();
  for (const { windowMs, endMs, hosts } of truths.flatMap((truth) => truth.expected.windows)) {
    if (windowMs !== 1_000) continue;
    for (const [host, { values }] of hosts) {
      const { tier, service } = world.inventory.placementOf(host, endMs);
      const metrics = worldMetrics.flatMap((name, i) =>
        Number.isFinite(values[i]) ? [`'${name}':${Object.is(values[i], -0) ? '-0' : values[i]}`] : [],
      );
      expected.set(`${host} ${endMs}`, `${tier}/${service} {${metrics.join()}}`);
    }
  }
  const found = rowsOf('tier_seconds').map(
    (row) => [keyOf(row), `${row.get('tier')}/${row.get('service')} ${row.get('metrics')}`] as const,
  );
  compareRows('tier_seconds', found, expected);
}

const keyOf = (row: FoundRow): string => `${row.get('host')} ${Number(row.get('time')) * 1_000}`;
