import { setTimeout as wait } from 'node:timers/promises';
import { rounded } from './alternate.ts';
import type { Bench } from './bench.ts';
import { costOf } from './process-cost.ts';
import { quantile } from './quantile.ts';
import { startProgram } from './world/running-program.ts';

const hosts = 1_000;
const settleMs = 30_000;
const roundsOf = 60;
const p95MsMax = 150;

/** What the pages ask for, in turn, while the program works for 1,000 hosts. */
export const bench: Bench = {
  name: 'overwatch-api',
  summary: `answers of the API that the pages ask for, with ${hosts} simulated hosts`,
  run: async ({ scale, say }) => {
    const program = await startProgram(hosts);
    try {
      say(`the program is ready after ${Math.round(program.readyMs)} ms`);
      await wait(settleMs);
      const [tier] = ((await program.get('/api/tiers')) as { tiers: { tier: string }[] }).tiers;
      if (tier === undefined) throw new Error('no tier is shown after 30 s');
      const path = `/api/tiers/${encodeURIComponent(tier.tier)}`;
      const paths = ['/api/tiers', `${path}/series`, `${path}/hosts`, '/api/status'];
      const timesMs = new Map<string, number[]>(paths.map((asked) => [asked, []]));
      const before = costOf(program.pid);
      for (let round = 0; round < Math.max(10, roundsOf * scale); round++) {
        for (const asked of paths) {
          const startMs = performance.now();
          await program.text(asked);
          timesMs.get(asked)!.push(performance.now() - startMs);
        }
        await wait(100);
      }
      const after = costOf(program.pid);
      const p95 = quantile([...timesMs.values()].flat(), 0.95);
      return [
        {
          bench: 'overwatch-api',
          value: rounded(p95),
          unit: 'ms, p95',
          baseline: undefined,
          ratio: undefined,
          cpu_s: rounded(after.cpuS - before.cpuS),
          wall_s: rounded((after.atMs - before.atMs) / 1_000),
          required: `<= ${p95MsMax}`,
          holds: p95 <= p95MsMax,
          facts: {
            hosts,
            p50: rounded(quantile([...timesMs.values()].flat(), 0.5)),
            ...Object.fromEntries([...timesMs].map(([asked, times]) => [asked, rounded(quantile(times, 0.95))])),
          },
        },
      ];
    } finally {
      await program.stop();
    }
  },
};
