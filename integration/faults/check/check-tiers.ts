import { ok } from 'node:assert/strict';
import type { FoundRow } from '../simulation/simulated-clickhouse.ts';
import type { SimulatedWorld } from '../simulation/simulated-world.ts';
import type { RowsOf } from './check-windows.ts';
import { compareRows, float32Bits } from './compare-rows.ts';
import { catalogue, type PartitionTruth } from './world-truth.ts';

interface Cell {
  /** Values of each 10-s window, in the order in which they are added up: by source, then by host. */
  readonly byWindow: Map<number, number[]>;
  samples: number;
}

const tables = new Map([
  [10_000, 'tier_windows'],
  [60_000, 'tier_windows_1m'],
  [3_600_000, 'tier_windows_1h'],
]);
const onItsWayMs = 20_000;
const percentiles = { p5: 0.05, p50: 0.5, p99: 0.99 } as const;

/** `tier_windows` of every length: recomputed from the 10-s windows of hosts; figures bit for bit, percentiles within 1 %. */
export function checkTiers(world: SimulatedWorld, rowsOf: RowsOf, truths: readonly PartitionTruth[]): void {
  // Ticks close empty windows to the very end: what closed in the last seconds may still be on its way.
  const throughMs = Math.min(...truths.map(({ expected }) => expected.closedThroughMs[10_000])) - onItsWayMs;
  for (const [windowMs, table] of tables) {
    const cells = cellsOf(world, truths, windowMs, throughMs);
    const rows = rowsOf(table).filter((row) => Number(row.get('time')) * 1_000 <= throughMs);
    const expected = new Map([...cells].map(([key, cell]) => [key, inWords(cell)]));
    compareRows(
      table,
      rows.map((row) => [keyOf(row), foundInWords(row)] as const),
      expected,
    );
    for (const row of rows) checkPercentiles(row, cells.get(keyOf(row))!);
  }
}

function cellsOf(
  world: SimulatedWorld,
  truths: readonly PartitionTruth[],
  windowMs: number,
  throughMs: number,
): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  const windows = truths
    .flatMap(({ partition, expected }) => expected.windows.map((window) => ({ partition, ...window })))
    .filter((window) => window.windowMs === 10_000)
    .sort((a, b) => a.endMs - b.endMs || a.partition - b.partition);
  for (const { endMs, hosts } of windows) {
    const longEndMs = Math.ceil(endMs / windowMs) * windowMs;
    if (longEndMs > throughMs) continue;
    for (const [host, { values, samples }] of [...hosts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const { tier, service, region, serverType } = world.inventory.placementOf(host, endMs);
      for (const [column, { name }] of catalogue.entries()) {
        const value = Math.fround(values[column]!);
        if (Number.isNaN(value)) continue;
        const parts = region === '' && serverType === '' ? ['/'] : ['/', `${region}/${serverType}`];
        for (const part of parts) {
          const key = `${longEndMs} ${service}/${tier}/${part} ${name}`;
          const cell = cells.get(key) ?? { byWindow: new Map<number, number[]>(), samples: 0 };
          cells.set(key, cell);
          cell.samples += samples[column]!;
          cell.byWindow.set(endMs, [...(cell.byWindow.get(endMs) ?? []), value]);
        }
      }
    }
  }
  return cells;
}

/** Hosts, samples, mean, least, most. */
function inWords({ byWindow, samples }: Cell): string {
  const values = [...byWindow.values()];
  const all = values.flat();
  const hosts = Math.max(...values.map(({ length }) => length));
  return `${hosts} ${samples} ${[meanOf(byWindow), Math.min(...all), Math.max(...all)].map(float32Bits).join(' ')}`;
}

/** Added up as they are merged: hosts of a 10-s window, windows of a minute, minutes of an hour. */
function meanOf(byWindow: ReadonlyMap<number, readonly number[]>): number {
  const minutes = new Map<number, number>();
  let count = 0;
  for (const [endMs, values] of byWindow) {
    const minute = Math.ceil(endMs / 60_000);
    const sum = sumOf(values);
    const before = minutes.get(minute);
    minutes.set(minute, before === undefined ? sum : before + sum);
    count += values.length;
  }
  return [...minutes.values()].reduce((a, b) => a + b) / count;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const foundInWords = (row: FoundRow): string =>
  `${row.get('hosts')} ${row.get('samples')} ${['mean', 'min', 'max'].map((name) => float32Bits(row.get(name)!)).join(' ')}`;

const keyOf = (row: FoundRow): string =>
  `${Number(row.get('time')) * 1_000} ${row.get('service')}/${row.get('tier')}/${row.get('region')}/${row.get('server_type')} ${row.get('counter')}`;

function checkPercentiles(row: FoundRow, { byWindow }: Cell): void {
  const sorted = [...byWindow.values()].flat().sort((a, b) => a - b);
  for (const [name, q] of Object.entries(percentiles)) {
    const exact = sorted[Math.floor(q * (sorted.length - 1))]!;
    const found = Number(row.get(name));
    ok(
      Math.abs(found - exact) <= 0.0101 * Math.abs(exact) + 1e-6,
      `${keyOf(row)}: ${name} is ${found}, exactly ${exact}`,
    );
  }
}
