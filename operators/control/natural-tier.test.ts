import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { contentionMsAt, loadAtContention } from '../capacity/contention-curve.ts';
import { normal } from '../capacity/testing/dwells-of.ts';
import { NaturalTier } from './natural-tier.ts';
import type { HostSecond } from './tier-events.ts';

const startMs = Date.UTC(2026, 0, 5);
const curve = { saturationHitsPerS: 53.7, servers: 16, serviceCv2: 1, arrivalCv2: 1, kappa: 1 };
const truth = loadAtContention(curve, 100);

interface Hosts {
  readonly count?: number;
  readonly generation?: string;
  readonly build?: string;
  readonly over?: Partial<HostSecond>;
}

/** Hosts under a day of two hours between 30 and 70 % of their capacity, with the chance of a second's hits. */
class World {
  readonly #random = new Random(11);
  readonly tier: NaturalTier;
  minutes = 0;

  constructor(tier = new NaturalTier('web', undefined)) {
    this.tier = tier;
  }

  run(minutes: number, kinds: readonly Hosts[], raised: ReadonlySet<string> = new Set()) {
    const records = [];
    for (let second = 0; second < 60 * minutes; second++) {
      const timeMs = startMs + this.minutes * 60_000 + 1_000 * (second + 1);
      const share = 0.5 + 0.2 * Math.sin((2 * Math.PI * (this.minutes + second / 60)) / 120);
      this.tier.take(
        timeMs,
        kinds.flatMap((kind) => this.#rows(kind, share * truth, timeMs)),
        raised,
      );
      const record = this.tier.due();
      if (record !== undefined) records.push(record);
    }
    this.minutes += minutes;
    return records;
  }

  #rows({ count = 8, generation = 'NHM', build = 'b1', over = {} }: Hosts, load: number, timeMs: number): HostSecond[] {
    return Array.from({ length: count }, (_, i) => {
      const hitsPerS = load + Math.sqrt(load) * normal(this.#random);
      return {
        host: `${generation}-${build}-${i}`,
        timeMs,
        hitsPerS,
        durationMs: 330 + contentionMsAt(curve, load) + 10 * normal(this.#random),
        busyRatio: hitsPerS / curve.saturationHitsPerS,
        errorsPerS: 0,
        p95Ms: undefined,
        generation,
        build,
        logicalCpus: 16,
        uptimeS: 3_600,
        ...over,
      };
    });
  }
}

test('a kind of host gets a capacity every ten minutes once its swing says enough; it is natural and of no test', () => {
  const records = new World().run(180, [{}]);
  ok(records.length >= 6, `${records.length}`);
  const last = records.at(-1)!;
  deepEqual(
    [last.tier, last.generation, last.build, last.runId, last.outcome, last.extrapolated, last.servers],
    ['web', 'NHM', 'b1', '', 'natural', true, 16],
  );
  ok(last.lo <= truth && truth <= last.hi, `${last.lo} ${truth} ${last.hi}`);
  ok(Number.isInteger(last.hits) && Number.isInteger(last.hostSeconds));
  deepEqual(
    records.slice(1).map(({ timeMs }, i) => Math.round((timeMs - records[i]!.timeMs) / 60_000)),
    records.slice(1).map(() => 10),
  );
});

test('the law of the tier goes with it', () => {
  const { scalability } = new World().run(180, [{}]).at(-1)!;
  equal(scalability!.hosts, 8);
  ok(scalability!.points >= 6);
  // One hit alone takes 330 ms.
  ok(Math.abs(scalability!.lambda * 0.33 - 1) < 0.02, `${scalability!.lambda}`);
  equal(scalability!.peakThroughput === undefined, scalability!.kappa === 0);
});

const unusable: readonly [says: string, over: Partial<HostSecond>][] = [
  ['hosts that have been up for less than five minutes', { uptimeS: 299 }],
  ['hosts whose generation is not known', { generation: '' }],
  ['hosts whose number of CPUs is not known', { logicalCpus: Number.NaN }],
  ['hosts that do not tell how busy they are', { busyRatio: Number.NaN }],
  ['hosts that do not tell how long hits take', { durationMs: undefined }],
];
for (const [says, over] of unusable)
  test(`${says} say nothing`, () => {
    const world = new World();
    deepEqual(world.run(30, [{ over }]), []);
    deepEqual(
      world.tier.state().kinds.flatMap(({ load }) => load.levels),
      [],
    );
  });

test('hosts on a panel say nothing, the others do', () => {
  const world = new World();
  world.run(30, [{}], new Set(Array.from({ length: 8 }, (_, i) => `NHM-b1-${i}`)));
  deepEqual(world.tier.state().kinds, []);
  const half = new World();
  half.run(30, [{}], new Set(Array.from({ length: 4 }, (_, i) => `NHM-b1-${i}`)));
  const all = new World();
  all.run(30, [{}]);
  const seconds = ({ tier }: World) =>
    tier
      .state()
      .kinds[0]!.load.levels.flatMap(({ units }) => units)
      .reduce((sum, { seconds: s }) => sum + s, 0);
  ok(Math.abs(seconds(half) / seconds(all) - 0.5) < 0.02);
});

test('a new build begins anew, and the old one is forgotten an hour after its last host', () => {
  const world = new World();
  world.run(30, [{}]);
  world.run(10, [{ build: 'b2' }]);
  const builds = () => world.tier.state().kinds.map(({ build }) => build);
  deepEqual(builds(), ['b1', 'b2']);
  equal(world.tier.state().build, 'b2');
  ok(world.tier.state().tier.levels.length < 8, 'the law of the tier is of the new build');
  world.run(55, [{ build: 'b2' }]);
  deepEqual(builds(), ['b2']);
});

test('of more than 16 kinds that are there some are left out, and none loses what it has', () => {
  const world = new World();
  const kinds = Array.from({ length: 18 }, (_, i) => ({ count: 1, build: `b${i}` }));
  world.run(20, kinds);
  const { kinds: known } = world.tier.state();
  equal(known.length, 16);
  for (const { load } of known) ok(load.levels.length > 0);
});

test('a restart goes on from what was kept', () => {
  const whole = new World();
  const before = whole.run(180, [{}]).at(-1)!;
  const kept = JSON.parse(JSON.stringify(whole.tier.state()));
  const restarted = new World(new NaturalTier('web', kept));
  restarted.minutes = 180;
  const [after] = restarted.run(20, [{}]);
  ok(Math.abs(after!.lambda100 / before.lambda100 - 1) < 0.02, `${after!.lambda100} ${before.lambda100}`);
});
