import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../base/testing/random.ts';
import { always, type WeekHours } from '../../schemas/loadtests-file/hours.ts';
import type { LoadTestTier } from '../../schemas/loadtests-file/load-tests.ts';
import type { LastResult, PlannedTest, ScheduledHost } from './planned-test.ts';
import { scheduleTests } from './schedule-tests.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A Monday, 00:00 UTC. */
const mondayMs = Date.parse('2024-01-01T00:00:00Z');
const stepMs = 10 * minuteMs;
const days = 5;
/** A test and its drain: the longest and the shortest. */
const lengthMs = { min: 7 * minuteMs, max: 60 * minuteMs + 30_000 };
const minUptimeMs = 5 * minuteMs;
const bakeMs = 15 * minuteMs;

/** A tier whose builds roll out now and then, whose hosts fall ill and get well, and whose tests take their time. */
class VirtualTier {
  readonly entry: LoadTestTier;
  readonly #hosts: ScheduledHost[];
  readonly #random: Random;
  readonly #failures: number;
  #rollout: { readonly build: string; readonly hosts: ScheduledHost[]; readonly perStep: number } | undefined;
  #builds = 0;
  running: { readonly test: PlannedTest; readonly endsMs: number } | undefined;
  cooldownUntilMs = 0;
  readonly results = new Map<string, LastResult>();
  /** By generation and build: since when a test is owed, and for how long of that nobody could be tested. */
  readonly owed = new Map<string, { sinceMs: number; blockedMs: number }>();
  starts = 0;

  constructor(
    name: string,
    options: { readonly random: Random; readonly hours: WeekHours; readonly failures: number },
  ) {
    const { random, hours, failures } = options;
    this.#random = random;
    this.#failures = failures;
    const generations = ['SNB', 'NHM', 'WSM'].slice(0, random.between(1, 3));
    const pools = ['north', 'south'].slice(0, random.between(1, 2)).map((pool) => `${name}-${pool}`);
    this.entry = {
      tier: name,
      pools: pools.map((pool) => ({ name: pool, balancer: 'haproxy' })),
      slo: { p95Ms: 400, errorRatio: 0.01 },
      hours,
      largestShare: random.pick([0.05, 0.05, 0.03, 0.01]),
      panelHosts: random.pick([undefined, undefined, 1, 4]),
      safeWeights: { kind: 'same', weight: 100 },
      steadyWeights: 'observe',
      weightMax: 256,
      refreshHours: 24,
      bakeS: 900,
      neighbours: [],
      dryRun: false,
      enabled: true,
    };
    this.#hosts = Array.from({ length: random.pick([8, 24, 40, 90, 200]) }, (_, i) => ({
      host: `${name}${i}`,
      tier: name,
      pool: pools[i % pools.length]!,
      server: `${name}${i}`,
      generation: random.pick(generations),
      build: 'b0',
      buildSinceMs: mondayMs - 100 * hourMs,
      uptimeS: undefined,
      fresh: true,
      healthy: true,
      testedMs: undefined,
    }));
  }

  get observedOnly(): boolean {
    return this.#hosts.length < 12;
  }

  /** Hosts as they are at a moment: at most a tenth ill or silent, others every hour. */
  hostsAt(nowMs: number): ScheduledHost[] {
    const hour = new Random(Math.floor(nowMs / hourMs) + this.#hosts.length);
    const ill = new Set(
      Array.from({ length: Math.floor(this.#hosts.length / 10) }, () => hour.between(0, this.#hosts.length - 1)),
    );
    return this.#hosts.map((each, i) => ({
      ...each,
      uptimeS: (nowMs - each.buildSinceMs) / 1_000,
      healthy: !ill.has(i) || i % 2 === 0,
      fresh: !ill.has(i) || i % 2 === 1,
    }));
  }

  /** Now and then a build goes to all hosts or to one generation, one after the other, over up to two hours. */
  deploy(nowMs: number): void {
    if (this.#rollout === undefined && this.#random.chance(1 / 125)) {
      this.#builds++;
      const only = this.#random.chance(0.5) ? this.#random.pick(this.#hosts).generation : undefined;
      const hosts = this.#hosts.filter(({ generation }) => only === undefined || generation === only);
      const perStep = Math.ceil(hosts.length / this.#random.between(1, 24));
      this.#rollout = { build: `b${this.#builds}`, hosts, perStep };
    }
    const rollout = this.#rollout;
    if (rollout === undefined) return;
    for (const each of rollout.hosts.splice(0, rollout.perStep)) {
      const index = this.#hosts.indexOf(each);
      this.#hosts[index] = { ...each, build: rollout.build, buildSinceMs: nowMs };
    }
    if (rollout.hosts.length === 0) this.#rollout = undefined;
  }

  end(nowMs: number): void {
    if (this.running === undefined || nowMs < this.running.endsMs) return;
    const { test: ended, endsMs } = this.running;
    const outcome = this.#random.chance(this.#failures)
      ? this.#random.pick(['aborted', 'inconclusive'] as const)
      : 'found';
    const { tier, generation, build } = ended;
    this.results.set(keyOf(ended), { tier, generation, build, endedMs: endsMs, outcome });
    this.owed.set(keyOf(ended), { sinceMs: endsMs, blockedMs: 0 });
    for (const [i, each] of this.#hosts.entries())
      if (ended.panel.includes(each.host)) this.#hosts[i] = { ...each, testedMs: endsMs };
    this.cooldownUntilMs = endsMs + (outcome === 'found' ? 10 : 30) * minuteMs;
    this.running = undefined;
  }

  start(planned: PlannedTest, nowMs: number): void {
    const tookMs = this.#random.between(lengthMs.min, lengthMs.max);
    this.running = { test: planned, endsMs: nowMs + tookMs };
    this.starts++;
  }
}

const keyOf = ({ generation, build }: { readonly generation: string; readonly build: string }) =>
  `${generation} ${build}`;

/** By the words of the rule, not by the scheduler's code: could this host be on a panel now? */
const eligible = (host: ScheduledHost, nowMs: number, poolServers: ReadonlyMap<string, number>): boolean =>
  host.fresh &&
  host.healthy &&
  nowMs - host.buildSinceMs >= Math.max(minUptimeMs, bakeMs) &&
  (poolServers.get(host.pool) ?? 0) >= 12;

const countBy = <T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOfItem(item), (counts.get(keyOfItem(item)) ?? 0) + 1);
  return counts;
};

interface World {
  readonly tiers: readonly VirtualTier[];
  /** Told of each tier at each step after the plans, with what was started. */
  readonly check: (
    tier: VirtualTier,
    nowMs: number,
    hosts: readonly ScheduledHost[],
    started: PlannedTest | undefined,
  ) => void;
}

function live({ tiers, check }: World, seed: number): void {
  for (let nowMs = mondayMs; nowMs < mondayMs + days * dayMs; nowMs += stepMs) {
    for (const tier of tiers) {
      tier.end(nowMs);
      tier.deploy(nowMs);
    }
    const hosts = tiers.map((tier) => tier.hostsAt(nowMs));
    // As whoever steers does: a tier that is tested is not asked what to test next.
    const asked = tiers.filter(({ running }) => running === undefined).map(({ entry }) => entry);
    const plans = scheduleTests({
      tiers: asked,
      hosts: hosts.flat(),
      results: tiers.flatMap(({ results }) => [...results.values()]),
      cooldownUntilMs: new Map(tiers.map(({ entry, cooldownUntilMs }) => [entry.tier, cooldownUntilMs])),
      startedMs: mondayMs,
      nowMs,
      seed,
    });
    deepEqual(
      plans.map(({ tier }) => tier),
      asked.map(({ tier }) => tier),
    );
    for (const [i, tier] of tiers.entries()) {
      const plan = plans.find((each) => each.tier === tier.entry.tier);
      const started = plan?.kind === 'start' ? plan.test : undefined;
      check(tier, nowMs, hosts[i]!, started);
      if (started !== undefined) tier.start(started, nowMs);
    }
  }
}

function checkPanel(tier: VirtualTier, nowMs: number, hosts: readonly ScheduledHost[], started: PlannedTest): void {
  ok(nowMs >= tier.cooldownUntilMs, 'no test while the tier rests');
  equal(tier.observedOnly, false, 'no test of a small tier');
  const poolServers = countBy(hosts, ({ pool }) => pool);
  const byName = new Map(hosts.map((each) => [each.host, each]));
  const panel = started.panel.map((name) => byName.get(name)!);
  equal(new Set(started.panel).size, panel.length);
  for (const each of panel) {
    deepEqual([each.generation, each.build, each.pool], [started.generation, started.build, started.pool]);
    ok(eligible(each, nowMs, poolServers), `${each.host} may not be tested`);
  }
  const generationHosts = hosts.filter((each) => keyOf(each) === keyOf(started)).length;
  deepEqual([started.tierHosts, started.generationHosts], [hosts.length, generationHosts]);
  const bounds = [8, 0.2 * generationHosts, tier.entry.largestShare * hosts.length, tier.entry.panelHosts ?? 8];
  ok(
    panel.length >= 1 && panel.length <= Math.max(1, ...[Math.min(...bounds)]),
    `${panel.length} of ${bounds.join(', ')}`,
  );
  const last = tier.results.get(keyOf(started));
  if (last?.outcome === 'found') ok(nowMs - last.endedMs >= 12 * hourMs, 'no result is renewed before half its time');
}

/** Generations and builds that could be tested now, each with since when one is owed. */
function owedNow(tier: VirtualTier, nowMs: number, hosts: readonly ScheduledHost[]) {
  const poolServers = countBy(hosts, ({ pool }) => pool);
  const able = new Set(hosts.filter((each) => eligible(each, nowMs, poolServers)).map(keyOf));
  const all = new Set(hosts.map(keyOf));
  for (const key of all) {
    const owed = tier.owed.get(key) ?? { sinceMs: nowMs, blockedMs: 0 };
    if (!able.has(key)) owed.blockedMs += stepMs;
    tier.owed.set(key, owed);
  }
  // A build that no host has any more is owed nothing; if it comes back, it counts anew.
  for (const key of tier.owed.keys()) if (!all.has(key)) tier.owed.delete(key);
  return { able, all };
}

const worldOf = (seed: number, hours: WeekHours, failures: number): VirtualTier[] => {
  const random = new Random(seed);
  return Array.from(
    { length: random.between(1, 3) },
    (_, i) => new VirtualTier(`tier${i}`, { random, hours, failures }),
  );
};
const runs = { numRuns: 12 };
/** Three generations get a new build while their old results are nearly a day old. */
const examples: [{ seed: number; failures: number }][] = [[{ seed: 2_147_483_620, failures: 0.2 }]];

test('over days every generation and build is tested within 24 h and one test, never two of a tier, never too many hosts', () => {
  const seeds = fc.record({ seed: fc.nat(), failures: fc.constantFrom(0, 0.2) });
  fc.assert(
    fc.property(seeds, ({ seed, failures }) => {
      const tiers = worldOf(seed, always, failures);
      const check: World['check'] = (tier, nowMs, hosts, started) => {
        if (started !== undefined) checkPanel(tier, nowMs, hosts, started);
        const { able } = owedNow(tier, nowMs, hosts);
        if (tier.observedOnly) return;
        for (const key of able) {
          if (tier.running !== undefined && keyOf(tier.running.test) === key) continue;
          const { sinceMs, blockedMs } = tier.owed.get(key)!;
          ok(
            nowMs - sinceMs - blockedMs <= dayMs + lengthMs.max + stepMs,
            `${tier.entry.tier} ${key} at ${nowMs - mondayMs}`,
          );
        }
        checkNewBuild(tier, nowMs, { hosts, able }, started);
      };
      live({ tiers, check }, seed);
      for (const tier of tiers) equal(tier.starts > 0, !tier.observedOnly, `${tier.entry.tier}: ${tier.starts} tests`);
    }),
    { ...runs, examples },
  );
});

/** A build without a result is tested at once when it has baked and the tier is free, but for results that get too old. */
function checkNewBuild(
  tier: VirtualTier,
  nowMs: number,
  { hosts, able }: { readonly hosts: readonly ScheduledHost[]; readonly able: ReadonlySet<string> },
  started: PlannedTest | undefined,
): void {
  if (tier.running !== undefined || nowMs < tier.cooldownUntilMs) return;
  const fresh = [...able].filter((key) => !tier.results.has(key) && !key.endsWith(' b0'));
  if (fresh.length === 0) return;
  ok(started !== undefined, `${fresh.join(', ')} waits at ${nowMs - mondayMs}`);
  const old = tier.results.get(keyOf(started));
  if (old === undefined) return;
  // With all others first, each of the longest, this result or one behind it would become too old.
  const others = new Set(hosts.map(keyOf)).size;
  const leftMs = old.endedMs + dayMs + lengthMs.max - nowMs;
  ok(leftMs <= others * (lengthMs.max + 30 * minuteMs), `${fresh.join(', ')} waits behind a result of ${leftMs} ms`);
}

test('with hours every test begins and ends within them, and each day all results are renewed', () => {
  const [opensH, closesH] = [8, 22];
  const hours = Array.from({ length: 7 }, (_, day) => ({
    fromMinute: day * 1_440 + opensH * 60,
    toMinute: day * 1_440 + closesH * 60,
  }));
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const tiers = worldOf(seed, hours, 0.1);
      const check: World['check'] = (tier, nowMs, hosts, started) => {
        const ofDayMs = (nowMs - mondayMs) % dayMs;
        const isOpen = ofDayMs >= opensH * hourMs && ofDayMs < closesH * hourMs;
        ok(isOpen || tier.running === undefined, 'no test outside the hours');
        if (started !== undefined) {
          ok(isOpen && ofDayMs + lengthMs.max <= closesH * hourMs, 'no test that could end after the hours');
          checkPanel(tier, nowMs, hosts, started);
        }
        const { able, all } = owedNow(tier, nowMs, hosts);
        if (tier.observedOnly) return;
        // The phase is an hour at most, then one test after the other with its rest of up to half an hour.
        const settledMs = opensH * hourMs + hourMs + all.size * (lengthMs.max + 30 * minuteMs);
        if (ofDayMs < settledMs || ofDayMs + lengthMs.max > closesH * hourMs) return;
        for (const key of able) {
          if (tier.running !== undefined && keyOf(tier.running.test) === key) continue;
          const { sinceMs, blockedMs } = tier.owed.get(key)!;
          ok(
            nowMs - sinceMs - blockedMs <= dayMs + lengthMs.max + stepMs,
            `${tier.entry.tier} ${key} at ${nowMs - mondayMs}`,
          );
        }
      };
      live({ tiers, check }, seed);
    }),
    runs,
  );
});
