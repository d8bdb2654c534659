import { setTimeout as wait } from 'node:timers/promises';
import { rounded } from './alternate.ts';
import type { Bench, BenchResult } from './bench.ts';
import { costOf } from './process-cost.ts';
import { quantile } from './quantile.ts';
import { startProgram } from './world/running-program.ts';

const hosts = 240;
const settleMs = 45_000;
const measureMs = 150_000;
const pollMs = 250;

interface Watched {
  readonly table: string;
  readonly windowS: number;
  readonly p99SecondsMax: number;
  newestS: number | undefined;
  readonly delaysS: number[];
}

/** How old a window is when its rows can be read: the end of the window until a query sees it. */
export const bench: Bench = {
  name: 'clickhouse-freshness',
  summary: 'end of a second and of a 10-s window until ClickHouse shows it, in the running program',
  run: async ({ scale, say }) => {
    const program = await startProgram(hosts);
    try {
      say(`the program is ready after ${Math.round(program.readyMs)} ms; it settles for ${settleMs / 1_000} s`);
      await wait(settleMs);
      const watched: Watched[] = [
        { table: 'tier_seconds', windowS: 1, p99SecondsMax: 5, newestS: undefined, delaysS: [] },
        { table: 'host_windows', windowS: 10, p99SecondsMax: 35, newestS: undefined, delaysS: [] },
      ];
      const before = costOf(program.pid);
      while (performance.now() - before.atMs < measureMs * scale) {
        for (const one of watched) await look(one, program.query);
        await wait(pollMs);
      }
      const after = costOf(program.pid);
      const cost = { cpu_s: rounded(after.cpuS - before.cpuS), wall_s: rounded((after.atMs - before.atMs) / 1_000) };
      return watched.map((one) => resultOf(one, cost));
    } finally {
      await program.stop();
    }
  },
};

async function look(one: Watched, query: (sql: string) => Promise<readonly (readonly unknown[])[]>): Promise<void> {
  const [row] = await query(`SELECT toUnixTimestamp(max(time)) FROM dynoscope.${one.table}`);
  const seenS = Date.now() / 1_000;
  const newestS = Number(row?.[0] ?? 0);
  // What was there at the first look came at a moment that nobody saw.
  for (let endS = (one.newestS ?? newestS) + one.windowS; endS <= newestS; endS += one.windowS)
    one.delaysS.push(seenS - endS);
  one.newestS = newestS;
}

function resultOf(one: Watched, cost: { readonly cpu_s: number; readonly wall_s: number }): BenchResult {
  const p99 = quantile(one.delaysS, 0.99);
  return {
    bench: 'clickhouse-freshness',
    value: rounded(p99),
    unit: `s, p99, ${one.table}`,
    baseline: undefined,
    ratio: undefined,
    ...cost,
    required: `<= ${one.p99SecondsMax}`,
    holds: p99 <= one.p99SecondsMax,
    facts: { hosts, windows: one.delaysS.length, p50: rounded(quantile(one.delaysS, 0.5)) },
  };
}
