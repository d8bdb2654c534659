import { setTimeout as wait } from 'node:timers/promises';
import { rounded } from './alternate.ts';
import type { Bench, BenchResult } from './bench.ts';
import { coresBetween, costOf } from './process-cost.ts';
import { quantile } from './quantile.ts';
import { type RunningProgram, startProgram } from './world/running-program.ts';

const hosts = 240;
const settleMs = 60_000;
const measureMs = 120_000;
const usefulWithinMs = 60_000;
const askEveryMs = 50;

/** What `npm start` takes on this machine: until the tier table is filled from 1-s data, and from then on. */
export const bench: Bench = {
  name: 'fleet',
  summary: `the whole program with ${hosts} simulated hosts: first useful page, CPU, memory, delay of answers`,
  run: async ({ scale, say }) => {
    const program = await startProgram(hosts);
    try {
      const usefulMs = await firstUsefulMs(program);
      say(`the tier table is filled after ${Math.round(usefulMs)} ms; settling for ${(settleMs * scale) / 1_000} s`);
      await wait(settleMs * scale);
      const before = costOf(program.pid);
      const answersMs = await answerTimes(program, measureMs * scale);
      const after = costOf(program.pid);
      const cost = { cpu_s: rounded(after.cpuS - before.cpuS), wall_s: rounded((after.atMs - before.atMs) / 1_000) };
      const line = (value: number, unit: string, most: number): BenchResult => ({
        bench: 'fleet',
        value: rounded(value),
        unit,
        baseline: undefined,
        ratio: undefined,
        ...cost,
        required: `<= ${most}`,
        holds: value <= most,
        facts: { hosts },
      });
      return [
        line(usefulMs / 1_000, 's to the first useful page', 10),
        line(coresBetween(before, after), 'cores', 0.5),
        line(after.rssMaxMb, 'MB RSS at most', 1_000),
        line(quantile(answersMs, 0.99), 'ms until /healthz answers, p99', 100),
      ];
    } finally {
      await program.stop();
    }
  },
};

/** From the start of the process until every tier that is shown has hosts. */
async function firstUsefulMs(program: RunningProgram): Promise<number> {
  while (performance.now() - program.startedAtMs < usefulWithinMs) {
    const { tiers } = (await program.get('/api/tiers')) as { tiers: { hosts: number }[] };
    if (tiers.length > 0 && tiers.every((tier) => tier.hosts > 0)) return performance.now() - program.startedAtMs;
    await wait(50);
  }
  throw new Error(`the tier table was not filled within ${usefulWithinMs} ms`);
}

/** Each answer takes at least what the event loop is behind: the delay as a user meets it. */
async function answerTimes(program: RunningProgram, forMs: number): Promise<number[]> {
  const timesMs: number[] = [];
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    const startMs = performance.now();
    await program.text('/healthz');
    timesMs.push(performance.now() - startMs);
    await wait(askEveryMs);
  }
  return timesMs;
}
