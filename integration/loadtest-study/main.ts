import { Random } from '../../base/testing/random.ts';
import { runSimulatedLoadTest, type SimulatedLoadTestResult } from '../../cli/loadtest/run-simulated-loadtest.ts';
import { quantile } from '../bench/quantile.ts';

/**
 * `node dist/integration/loadtest-study/main.js [runs of each group] [part of a group's name] [seed]`: load tests of panels against simulated tiers, a JSON line
 * of figures for each group. Groups are not thrown together: what is easy would hide what is not. Seeds from `seed` + 10,000 on: another one gives tests on which no constant was chosen.
 */
const runs = Number(process.argv[2] ?? 60);
const wanted = process.argv[3] ?? '';
const firstSeed = Number(process.argv[4] ?? 0);
const generations = ['VSS', 'SC', 'NHM', 'WSM', 'XWSM', 'SNB'];

const oddServer = (random: Random, cv2: number) => ({
  logicalCpus: random.between(4, 32),
  serviceMs: random.between(40, 400),
  baselineMs: random.between(5, 120),
  cv2,
});

/** A weight may at most double, and in turn a host takes 8 % more than at random: users ask for a little more. */
const inTurn = { arrivals: 'in_turn', naturalShare: 0.55 } as const;

type Given = Parameters<typeof runSimulatedLoadTest>[0];
const groups: Readonly<Record<string, (random: Random, run: number) => Given>> = {
  'generations of the table, cv² 1': (_, run) => ({ generation: generations[run % generations.length]! }),
  'servers of no table, cv² 0.5': (random) => oddServer(random, 0.5),
  'servers of no table, cv² 1': (random) => oddServer(random, 1),
  'servers of no table, cv² 2': (random) => oddServer(random, 2),
  'servers of no table, cv² 4': (random) => oddServer(random, 4),
  'panel of 4': (_, run) => ({ generation: generations[run % generations.length]!, panelHosts: 4 }),
  'bound by memory bandwidth, 12 of 16 CPUs': () => ({ generation: 'NHM', effectiveCpus: 12 }),
  'hits in turn (round robin), generations of the table': (_, run) => ({
    ...inTurn,
    generation: generations[run % generations.length]!,
  }),
  'hits in turn, servers of no table, cv² 0.5 to 4': (random, run) => ({
    ...inTurn,
    ...oddServer(random, [0.5, 1, 4][run % 3]!),
  }),
  'panel of 2, an hour': (_, run) => ({
    generation: generations[run % generations.length]!,
    panelHosts: 2,
    maxS: 3_600,
  }),
  'hits in turn, panel of one in 24': (_, run) => ({
    ...inTurn,
    generation: generations[run % generations.length]!,
    panelHosts: 1,
    tierHosts: 24,
  }),
};

for (const [number, [group, given]] of Object.entries(groups).entries()) {
  if (!group.includes(wanted)) continue;
  const results: SimulatedLoadTestResult[] = [];
  for (let run = 0; run < runs; run++) {
    const seed = firstSeed + 10_000 * (number + 1) + run;
    results.push(await runSimulatedLoadTest({ ...given(new Random(seed), run), seed }));
  }
  process.stdout.write(`${JSON.stringify({ group, ...figuresOf(results) })}\n`);
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
    aborted: all.filter(({ outcome }) => outcome === 'aborted').length,
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
