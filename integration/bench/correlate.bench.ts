import { rounded } from './alternate.ts';
import type { Bench } from './bench.ts';
import { measuredChild } from './measured-child.ts';
import { median } from './quantile.ts';

const shape = { tiers: 8, seconds: 1_200 };
const microsecondsMax = 100;

export const bench: Bench = {
  name: 'correlate',
  summary: 'CPU of correlations an entity and second, windows full, 16 metrics, 2 pairs each second',
  run: async ({ runs, scale, say }) => {
    const options = { ...shape, seconds: Math.max(60, Math.round(shape.seconds * scale)) };
    const costs: number[] = [];
    const [cpuS, wallS] = [[] as number[], [] as number[]];
    for (let run = 1; run <= runs; run++) {
      const measured = await measuredChild({ child: 'correlate-seconds', options });
      costs.push((measured.cpuS / measured.count) * 1e6);
      cpuS.push(measured.cpuS);
      wallS.push(measured.wallS);
      say(`correlate run ${run} of ${runs}: ${rounded(costs.at(-1)!)} µs`);
    }
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    return [
      {
        bench: 'correlate',
        value: rounded(median(costs)),
        unit: 'µs of CPU an entity and second',
        baseline: undefined,
        ratio: undefined,
        cpu_s: rounded(sum(cpuS)),
        wall_s: rounded(sum(wallS)),
        required: `<= ${microsecondsMax}`,
        holds: median(costs) <= microsecondsMax,
        facts: { runs, least: rounded(Math.min(...costs)), most: rounded(Math.max(...costs)), ...options },
      },
    ];
  },
};
