import { ok } from 'node:assert/strict';
import type { Log } from '../../../log/port.ts';
import { tierFigures } from '../../../schemas/blocks.ts';
import { counters } from '../../../schemas/counters.ts';
import type { ExpectedHost } from '../../oracle/expected-windows.ts';
import { messagesOf } from './found-windows.ts';

/** One counter of one tier as a whole in one window. */
export interface TierRow {
  readonly hosts: number;
  readonly samples: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** Rows by `windowMs endMs tier counter`. */
export interface FoundTiers {
  readonly rows: Map<string, TierRow>;
  /** By length of window: all windows up to this one are closed. */
  readonly throughMs: ReadonlyMap<number, number>;
}

const keyOf = (windowMs: number, endMs: number, tier: string, counter: number): string =>
  `${windowMs} ${endMs} ${tier} ${counters[counter]!.name}`;

/** What `dyno.tier-windows.v1` says of tiers as a whole; a row that is there twice throws. */
export async function foundTiers(log: Log): Promise<FoundTiers> {
  const rows = new Map<string, TierRow>();
  const bySource = new Map<number, Map<number, number>>();
  const figureAt = (name: (typeof tierFigures)[number]): number => tierFigures.indexOf(name);
  for await (const message of messagesOf(log, 'dyno.tier-windows.v1')) {
    const { windowMs, source } = message;
    if (message.kind === 'marker') {
      const closed = bySource.get(windowMs) ?? new Map<number, number>();
      bySource.set(windowMs, closed.set(source, Math.max(closed.get(source) ?? 0, message.closedThroughMs)));
      continue;
    }
    const { cells, rowCells, rowCounters, rowHosts, rowSamples, figures, windowEndMs, tier } = message;
    for (const [row, cell] of rowCells.entries()) {
      if (cells[cell]!.region !== '' || rowHosts[row] === 0) continue;
      const key = keyOf(windowMs, windowEndMs, tier, rowCounters[row]!);
      ok(!rows.has(key), `dyno.tier-windows.v1 has ${key} twice`);
      const figure = (name: (typeof tierFigures)[number]): number => figures[figureAt(name) * rowCells.length + row]!;
      const [min, max, mean] = [figure('min'), figure('max'), figure('mean')];
      rows.set(key, { hosts: rowHosts[row]!, samples: rowSamples[row]!, min, max, mean });
    }
  }
  const throughMs = new Map([...bySource].map(([windowMs, closed]) => [windowMs, Math.min(...closed.values())]));
  return { rows, throughMs };
}

interface Cell {
  hosts: number;
  values: number;
  samples: number;
  sum: number;
  min: number;
  max: number;
}

/** Tiers recomputed from the hosts' 10-s windows, by plain loops. */
export class TierTruth {
  /** By end of the 10-s window, then `tier counter`. */
  readonly #windows = new Map<number, Map<string, Cell>>();

  /** Hosts of one input partition. */
  add(endMs: number, hosts: ReadonlyMap<string, ExpectedHost>, tierOf: (host: string) => string): void {
    const cells = this.#windows.get(endMs) ?? new Map<string, Cell>();
    this.#windows.set(endMs, cells);
    for (const [host, { values, samples }] of hosts) {
      const tier = tierOf(host);
      for (const [counter, raw] of values.entries()) {
        const value = Math.fround(raw);
        if (Number.isNaN(value)) continue;
        const seen = { hosts: 1, values: 1, samples: samples[counter]!, sum: value, min: value, max: value };
        merge(cells, `${tier} ${counter}`, seen, (a, b) => a + b);
      }
    }
  }

  /** The rows of windows of this length that have closed. In a longer window hosts are the most of any 10 s. */
  rows(windowMs: number, throughMs: number): Map<string, TierRow> {
    const windows = new Map<number, Map<string, Cell>>();
    for (const [tenMs, cells] of [...this.#windows].sort(([a], [b]) => a - b)) {
      const endMs = Math.ceil(tenMs / windowMs) * windowMs;
      if (endMs > throughMs) continue;
      const longer = windows.get(endMs) ?? new Map<string, Cell>();
      windows.set(endMs, longer);
      for (const [key, cell] of cells) merge(longer, key, cell, Math.max);
    }
    const rows = new Map<string, TierRow>();
    for (const [endMs, cells] of windows) {
      for (const [key, { hosts, samples, min, max, sum, values }] of cells) {
        const [tier, counter] = key.split(' ') as [string, string];
        rows.set(keyOf(windowMs, endMs, tier, Number(counter)), { hosts, samples, min, max, mean: sum / values });
      }
    }
    return rows;
  }
}

function merge(cells: Map<string, Cell>, key: string, more: Cell, hostsOf: (a: number, b: number) => number): void {
  const cell = cells.get(key);
  if (cell === undefined) {
    cells.set(key, { ...more });
    return;
  }
  cell.hosts = hostsOf(cell.hosts, more.hosts);
  cell.values += more.values;
  cell.samples += more.samples;
  cell.sum += more.sum;
  cell.min = Math.min(cell.min, more.min);
  cell.max = Math.max(cell.max, more.max);
}
