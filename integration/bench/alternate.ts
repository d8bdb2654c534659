import type { BenchContext, BenchResult } from './bench.ts';
import type { Measured } from './measured-child.ts';
import { median } from './quantile.ts';

export interface Alternation {
  readonly bench: string;
  readonly unit: string;
  readonly ours: () => Promise<Measured>;
  readonly baseline: () => Promise<Measured>;
  /** Least ratio of ours to the baseline. */
  readonly atLeast?: number;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Ours, baseline, ours, baseline, …: each ratio is of two neighbours, so that a machine that is busy now and then slows
 * both; the median over the runs counts. The quantity is work per CPU-second.
 */
export async function alternate(alternation: Alternation, { runs, say }: BenchContext): Promise<BenchResult> {
  const { bench, unit, atLeast } = alternation;
  const pairs: { ours: Measured; baseline: Measured }[] = [];
  for (let run = 1; run <= runs; run++) {
    const ours = await alternation.ours();
    const baseline = await alternation.baseline();
    pairs.push({ ours, baseline });
    const words = `ours ${rounded(perCpu(ours))}, baseline ${rounded(perCpu(baseline))} ${unit}`;
    say(`${bench} run ${run} of ${runs}: ${words}, ratio ${rounded(perCpu(ours) / perCpu(baseline))}`);
  }
  const ratios = pairs.map(({ ours, baseline }) => perCpu(ours) / perCpu(baseline));
  const ratio = median(ratios);
  return {
    bench,
    value: rounded(median(pairs.map(({ ours }) => perCpu(ours)))),
    unit,
    baseline: rounded(median(pairs.map(({ baseline }) => perCpu(baseline)))),
    ratio: rounded(ratio),
    cpu_s: rounded(sum(pairs.map(({ ours }) => ours.cpuS))),
    wall_s: rounded(sum(pairs.map(({ ours }) => ours.wallS))),
    ...(atLeast === undefined ? {} : { required: `ratio >= ${atLeast}`, holds: ratio >= atLeast }),
    facts: {
      runs,
      ratio_min: rounded(Math.min(...ratios)),
      ratio_max: rounded(Math.max(...ratios)),
      ...alternation.facts,
    },
  };
}

const perCpu = ({ count, cpuS }: Measured): number => count / cpuS;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Three digits that count: more would be noise. */
export const rounded = (value: number): number => Number(value.toPrecision(value >= 1_000 ? 4 : 3));
