import { Random } from '../../base/testing/random.ts';
import { naturalCapacity } from '../../operators/capacity/natural-capacity.ts';
import { NaturalLoad } from '../../operators/capacity/natural-load.ts';
import { TierLoad } from '../../operators/capacity/tier-load.ts';
import { type WorldGiven, worldOptionsOf } from '../../simulate/loadtest/world-options.ts';
import { quantile } from '../bench/quantile.ts';
import { NaturalHosts, type NaturalWorld } from './natural-world.ts';

/**
 * `node dist/integration/natural-study/main.js [runs of each group] [part of a group's name]`: capacity by natural traffic
 * of simulated hosts, a JSON line of figures for each group. Seeds from 500,000 on; 8 hosts, a day of three hours, 30 to
 * 70 % of λ100 where the group says nothing else.
 */
const runs = Number(process.argv[2] ?? 60);
const wanted = process.argv[3] ?? '';
const generations = ['VSS', 'SC', 'NHM', 'WSM', 'XWSM', 'SNB'];

type Given = WorldGiven & Partial<Pick<NaturalWorld, 'lowShare' | 'highShare' | 'daySeconds' | 'dearerByDay'>>;

const oddServer = (random: Random, cv2: number): Given => ({
  logicalCpus: random.between(4, 32),
  serviceMs: random.between(40, 400),
  baselineMs: random.between(5, 120),
  cv2,
});
const ofTable = (run: number): Given => ({ generation: generations[run % generations.length]! });

const groups: Readonly<Record<string, (random: Random, run: number) => Given>> = {
  'generations of the table, cv² 1': (_, run) => ofTable(run),
  'servers of no table, cv² 0.5': (random) => oddServer(random, 0.5),
  'servers of no table, cv² 1': (random) => oddServer(random, 1),
  'servers of no table, cv² 2': (random) => oddServer(random, 2),
  'servers of no table, cv² 4': (random) => oddServer(random, 4),
  'a day of 12 hours, NHM': () => ({ generation: 'NHM', daySeconds: 43_200 }),
  '2 hosts': (_, run) => ({ ...ofTable(run), panelHosts: 2 }),
  'from 30 to 50 %': (_, run) => ({ ...ofTable(run), highShare: 0.5 }),
  'from 30 to 85 %': (_, run) => ({ ...ofTable(run), highShare: 0.85 }),
  'hits 3 % dearer by day': (_, run) => ({ ...ofTable(run), dearerByDay: 0.03 }),
  'bound by memory bandwidth, 12 of 16 CPUs': () => ({ generation: 'NHM', effectiveCpus: 12 }),
  'arrivals in turn': (_, run) => ({ ...ofTable(run), arrivals: 'in_turn' }),
};

for (const [number, [group, given]] of Object.entries(groups).entries()) {
  if (!group.includes(wanted)) continue;
  const results = Array.from({ length: runs }, (_, run) => {
    const seed = 500_000 + 10_000 * number + run;
    return runOf({ ...given(new Random(seed), run), seed });
  });
  process.stdout.write(`${JSON.stringify({ group, ...figuresOf(results) })}\n`);
}

function runOf(given: Given) {
  const world: NaturalWorld = {
    lowShare: 0.3,
    highShare: 0.7,
    daySeconds: 3 * 3_600,
    dearerByDay: 0,
    ...given,
    ...worldOptionsOf(given),
  };
  const hosts = new NaturalHosts(world);
  const load = new NaturalLoad();
  const tier = new TierLoad();
  for (let second = 0; second < world.daySeconds; second++) {
    const { timeMs, seconds } = hosts.next();
    load.take(timeMs, seconds);
    tier.take(timeMs, seconds);
  }
  const startedUs = process.cpuUsage().user;
  const estimate = naturalCapacity({ dwells: load.dwells(), servers: world.logicalCpus });
  const estimateMs = (process.cpuUsage().user - startedUs) / 1_000;
  return { truth: hosts.lambda100, estimate, estimateMs, scalability: tier.fit() };
}

function figuresOf(all: readonly ReturnType<typeof runOf>[]) {
  const published = all.flatMap(({ truth, estimate }) => (estimate === undefined ? [] : [{ truth, ...estimate }]));
  const errors = published.map(({ truth, lambda100 }) => lambda100 / truth - 1);
  const absolute = errors.map(Math.abs);
  const percent = (ratio: number): number => Number((100 * ratio).toFixed(2));
  const widths = published.map(({ lo, hi, lambda100 }) => (hi - lo) / 2 / lambda100);
  const of = (kind: string): number => all.filter(({ scalability }) => scalability?.retrograde === kind).length;
  return {
    runs: all.length,
    published: published.length,
    error_percent: {
      bias: percent(errors.reduce((sum, error) => sum + error, 0) / errors.length),
      p50: percent(quantile(absolute, 0.5)),
      p90: percent(quantile(absolute, 0.9)),
    },
    interval_covers_percent: percent(
      published.filter(({ lo, hi, truth }) => lo <= truth && truth <= hi).length / published.length,
    ),
    half_width_percent: { p50: percent(quantile(widths, 0.5)), p90: percent(quantile(widths, 0.9)) },
    contention_ms_p50: Number(
      quantile(
        published.map(({ highestContentionMs }) => highestContentionMs),
        0.5,
      ).toFixed(2),
    ),
    estimate_cpu_ms_p90: Number(
      quantile(
        all.map(({ estimateMs }) => estimateMs),
        0.9,
      ).toFixed(0),
    ),
    retrograde: { none: of('none'), beyond: of('beyond'), seen: of('seen') },
  };
}
