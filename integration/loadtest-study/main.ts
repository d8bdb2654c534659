import { Random } from '../../base/testing/random.ts';
import { runSimulatedLoadTest, type SimulatedLoadTestResult } from '../../cli/loadtest/run-simulated-loadtest.ts';
import { quantile } from '../bench/quantile.ts';

/**
 * `node dist/integration/loadtest-study/main.js [runs]`: load tests of panels of 8 against simulated tiers, half of them the
 * generations of the table, half servers that are in no table; one JSON line with the figures. Seeds from 1,000 on.
 */
const runs = Number(process.argv[2] ?? 200);
const generations = ['VSS', 'SC', 'NHM', 'WSM', 'XWSM', 'SNB'];
const results = Array.from({ length: runs }, (_, i) => oneRun(1_000 + i));
process.stdout.write(`${JSON.stringify(figuresOf(results))}\n`);

function oneRun(seed: number): SimulatedLoadTestResult {
  const random = new Random(seed);
  if (seed % 2 === 0) return runSimulatedLoadTest({ seed, generation: generations[(seed / 2) % generations.length]! });
  return runSimulatedLoadTest({
    seed,
    logicalCpus: random.between(4, 48),
    serviceMs: random.between(40, 400),
    cv2: random.pick([0.5, 1, 2, 4]),
    baselineMs: random.between(5, 120),
  });
}

function figuresOf(all: readonly SimulatedLoadTestResult[]) {
  const found = all.filter(({ outcome }) => outcome === 'found');
  const errors = found.map(({ error }) => error!);
  const absolute = errors.map(Math.abs);
  const percent = (ratio: number): number => Number((100 * ratio).toFixed(2));
  const covered = found.filter(
    ({ estimate, truth: { lambda100 } }) => estimate!.lo <= lambda100 && lambda100 <= estimate!.hi,
  );
  const of = (name: 'seconds' | 'max_contention_ms' | 'seconds_over_100' | 'seconds_over_150', q: number): number =>
    Number(
      quantile(
        all.map((result) => result[name]),
        q,
      ).toFixed(0),
    );
  return {
    runs: all.length,
    found: found.length,
    error_percent: {
      bias: percent(errors.reduce((sum, error) => sum + error, 0) / errors.length),
      p50: percent(quantile(absolute, 0.5)),
      p90: percent(quantile(absolute, 0.9)),
    },
    interval_covers_percent: percent(covered.length / found.length),
    seconds: { p50: of('seconds', 0.5), p90: of('seconds', 0.9) },
    max_contention_ms: { p50: of('max_contention_ms', 0.5), p90: of('max_contention_ms', 0.9) },
    seconds_over_100: { p50: of('seconds_over_100', 0.5), p90: of('seconds_over_100', 0.9) },
    seconds_over_150: { p50: of('seconds_over_150', 0.5), p90: of('seconds_over_150', 0.9) },
  };
}
