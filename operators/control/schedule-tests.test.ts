import { deepEqual, equal, match, notDeepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { always, type WeekHours } from '../../schemas/loadtests-file/hours.ts';
import {
  type LoadTestTier,
  largestShareMax,
  panelHostsMax,
  weightLimit,
} from '../../schemas/loadtests-file/load-tests.ts';
import { limits } from './limits.ts';
import type { LastResult, PlannedTest, ScheduledHost } from './planned-test.ts';
import { type Schedule, scheduleTests } from './schedule-tests.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
/** A Monday, 00:00 UTC. */
const mondayMs = Date.parse('2024-01-01T00:00:00Z');
const nowMs = mondayMs + 12 * hourMs;

const entry = (changed: Partial<LoadTestTier> = {}): LoadTestTier => ({
  tier: 'web',
  pools: [{ name: 'north', balancer: 'haproxy' }],
  slo: { p95Ms: 400, errorRatio: 0.01 },
  hours: always,
  largestShare: 0.05,
  panelHosts: undefined,
  safeWeights: { kind: 'same', weight: 100 },
  steadyWeights: 'observe',
  weightMax: 256,
  refreshHours: 24,
  bakeS: 900,
  neighbours: [],
  dryRun: false,
  enabled: true,
  ...changed,
});
const host = (i: number, changed: Partial<ScheduledHost> = {}): ScheduledHost => ({
  host: `web${i}`,
  tier: 'web',
  pool: 'north',
  server: `s${i}`,
  generation: 'SNB',
  build: 'b1',
  buildSinceMs: mondayMs - 240 * hourMs,
  uptimeS: 1_000_000,
  fresh: true,
  healthy: true,
  testedMs: undefined,
  ...changed,
});
const hostsOf = (count: number, changed: Partial<ScheduledHost> = {}): ScheduledHost[] =>
  Array.from({ length: count }, (_, i) => host(i, changed));
const found = (endedHoursAgo: number, changed: Partial<LastResult> = {}): LastResult => ({
  tier: 'web',
  generation: 'SNB',
  build: 'b1',
  endedMs: nowMs - endedHoursAgo * hourMs,
  outcome: 'found',
  ...changed,
});
const planOf = (changed: Partial<Schedule> = {}) =>
  scheduleTests({
    tiers: [entry()],
    hosts: hostsOf(100),
    results: [],
    cooldownUntilMs: new Map(),
    startedMs: mondayMs,
    nowMs,
    seed: 1,
    ...changed,
  })[0]!;
function started(changed: Partial<Schedule> = {}): PlannedTest {
  const plan = planOf(changed);
  if (plan.kind !== 'start') throw new Error(plan.reason);
  return plan.test;
}

test('a tier without a result is tested, by the whole request', () => {
  const { panel, safeWeights, ...rest } = started();
  equal(panel.length, 5);
  deepEqual(
    safeWeights,
    panel.map((name) => ({ server: name.replace('web', 's'), weight: 100 })),
  );
  deepEqual(rest, {
    runId: `web/SNB/b1/${nowMs}`,
    tier: 'web',
    pool: 'north',
    generation: 'SNB',
    build: 'b1',
    tierHosts: 100,
    generationHosts: 100,
    slo: { p95Ms: 400, errorRatio: 0.01 },
    weightMax: 256,
    largestShare: 0.05,
    bakeS: 900,
    neighbours: [],
    dryRun: false,
  });
});

const sizes: [says: string, hosts: ScheduledHost[], changed: Partial<LoadTestTier>, panel: number][] = [
  ['8 at most', hostsOf(1_000), {}, 8],
  ['5 % of the tier', hostsOf(60), {}, 3],
  ['the largest share of the file', hostsOf(100), { largestShare: 0.02 }, 2],
  ['the panel of the file', hostsOf(100), { panelHosts: 4 }, 4],
  ['at least 1', hostsOf(12), { largestShare: 0.001 }, 1],
  [
    'a fifth of the generation on that build',
    [...hostsOf(100, { generation: '' }), ...Array.from({ length: 10 }, (_, i) => host(100 + i))],
    {},
    2,
  ],
  [
    'a fifth of the pool',
    [...hostsOf(300, { pool: 'south' }), ...Array.from({ length: 20 }, (_, i) => host(300 + i))],
    {},
    4,
  ],
];
for (const [says, hosts, changed, panel] of sizes) {
  test(`a panel has ${panel} hosts: ${says}`, () =>
    equal(started({ hosts, tiers: [entry(changed)] }).panel.length, panel));
}

const nothings: [says: string, changed: Partial<Schedule>, reason: RegExp][] = [
  ['not enabled', { tiers: [entry({ enabled: false })] }, /the tier is not enabled in loadtests\.yaml$/],
  ['a small tier', { hosts: hostsOf(11) }, /a tier of 11 hosts is observed only; 12 are needed$/],
  ['a cooldown', { cooldownUntilMs: new Map([['web', nowMs + 1_500]]) }, /the tier rests for another 2 s$/],
  [
    'before its hours',
    { tiers: [entry({ hours: [{ fromMinute: 800, toMinute: 1_000 }] })] },
    /tests may run from 2024-01-01T13:20:00\.000Z on$/,
  ],
  [
    'an hour before they end',
    { tiers: [entry({ hours: [{ fromMinute: 600, toMinute: 780 }] })] },
    /a test may take longer than until 2024-01-01T13:00:00\.000Z, where its hours end$/,
  ],
  [
    'an ill tier',
    { hosts: [...hostsOf(89), ...Array.from({ length: 11 }, (_, i) => host(89 + i, { healthy: false }))] },
    /89 of 100 hosts are fresh and healthy; 90 % are needed$/,
  ],
  [
    'a result that is young',
    { results: [found(2)] },
    /nothing is due; next comes SNB on build b1, which is renewed by 2024-01-02T10:00:00\.000Z$/,
  ],
  ['a failed test a moment ago', { results: [found(2.9, { outcome: 'aborted' })] }, /nothing is due/],
  ['no generation', { hosts: hostsOf(20, { generation: '' }) }, /no host of the tier has a known generation$/],
  [
    'a build that bakes',
    { hosts: hostsOf(20, { buildSinceMs: nowMs - 14 * minuteMs }) },
    /no host of SNB on build b1 \(20/,
  ],
  ['hosts that came up just now', { hosts: hostsOf(20, { uptimeS: 299 }) }, /no host of SNB on build b1 \(20 hosts\)/],
  [
    'hosts of unknown uptime',
    { hosts: hostsOf(20, { uptimeS: undefined }) },
    /no host of SNB on build b1 \(20 hosts\)/,
  ],
  [
    'a balancer that is slow',
    { tiers: [entry({ pools: [{ name: 'north', balancer: 'template' }] })] },
    /pool north has a balancer that is too slow for tests \(template\)$/,
  ],
  [
    'a server without a safe weight',
    { tiers: [entry({ safeWeights: { kind: 'by_server', weights: new Map([['s1', 100]]) } })] },
    /pool north has 99 servers without a safe weight$/,
  ],
  [
    'a small pool',
    { hosts: hostsOf(20).map((each, i) => (i < 9 ? { ...each, pool: 'x' } : each)) },
    /north has 11 servers/,
  ],
];
for (const [says, changed, reason] of nothings) {
  test(`${says}: nothing is done, and the reason is told`, () => {
    const plan = planOf(changed);
    equal(plan.kind, 'nothing');
    match(plan.reason, /^did nothing, because /);
    match(plan.reason, reason);
  });
}

test('servers of other tiers in the pool count as the rest of its weight, not as hosts of the tier', () => {
  const canaries = Array.from({ length: 5 }, (_, i) => host(100 + i, { tier: 'canary' }));
  const { tierHosts } = started({ hosts: [...hostsOf(100), ...canaries] });
  equal(tierHosts, 100);
});

test('a result is renewed when the next test would be too late, a failed one after an eighth of the time', () => {
  equal(planOf({ results: [found(22)] }).kind, 'nothing');
  match(planOf({ results: [found(23.5)] }).reason, /^SNB on build b1: the last result is 23\.5 h old$/);
  match(
    planOf({ results: [found(3, { outcome: 'frozen' })] }).reason,
    /^SNB on build b1: the last test ended frozen 3\.0 h ago$/,
  );
  equal(planOf({ results: [found(30), found(2)] }).kind, 'nothing');
});

test('a build that came while the scheduler ran goes first, as soon as it has baked', () => {
  const fresh = { build: 'b2', buildSinceMs: nowMs - 15 * minuteMs };
  const hosts = [...hostsOf(50), ...Array.from({ length: 50 }, (_, i) => host(50 + i, fresh))];
  match(planOf({ hosts, results: [found(23)] }).reason, /^SNB on build b2 is new and has baked$/);
  match(
    planOf({ hosts, results: [found(23)], nowMs: nowMs - 1 }).reason,
    /^SNB on build b1: the last result is 23\.0 h/,
  );
});

test('a new build waits behind a result that would get too old by its test', () => {
  const fresh = { build: 'b2', buildSinceMs: nowMs - 15 * minuteMs };
  const hosts = [...hostsOf(50), ...Array.from({ length: 50 }, (_, i) => host(50 + i, fresh))];
  // The new build's test and rest take 91 minutes at most, and a result may get 24 h and the 61 minutes of a test old.
  match(planOf({ hosts, results: [found(23.49)] }).reason, /^SNB on build b2/);
  match(planOf({ hosts, results: [found(23.51)] }).reason, /^SNB on build b1/);
});

/** Phases of twenty schedules: some are minutes, some nearly an hour. */
const seeds = Array.from({ length: 20 }, (_, seed) => seed);
const startsWith = (changed: Partial<Schedule>): number =>
  seeds.filter((seed) => planOf({ ...changed, seed }).kind === 'start').length;

test('a new build waits neither for the phase after a start nor for the one after hours begin', () => {
  const hosts = hostsOf(100, { build: 'b2', buildSinceMs: nowMs - 15 * minuteMs });
  const justOpen = [entry({ hours: [{ fromMinute: 12 * 60, toMinute: 22 * 60 }] })];
  const recently = nowMs - 16 * minuteMs;
  equal(startsWith({ hosts, startedMs: recently }), 20);
  const ofTheNight = hostsOf(100, { build: 'b2', buildSinceMs: nowMs - 3 * hourMs });
  equal(startsWith({ hosts: ofTheNight, tiers: justOpen }), 20);
  ok(startsWith({ startedMs: recently }) < 20, 'a build that was there before waits');
});

test('a deadline within the hours is kept, one that passed before them waits for the phase', () => {
  const tiers = [entry({ hours: [{ fromMinute: 11 * 60 + 59, toMinute: 22 * 60 }] })];
  equal(startsWith({ tiers, results: [found(24)] }), 20);
  ok(startsWith({ tiers, results: [found(24.1)] }) < 10);
});

test('of several the oldest result is renewed first', () => {
  const hosts = [...hostsOf(50), ...Array.from({ length: 50 }, (_, i) => host(50 + i, { generation: 'NHM' }))];
  const results = [found(25), found(26, { generation: 'NHM' })];
  equal(started({ hosts, results }).generation, 'NHM');
});

test('with deadlines close together tests begin early enough for the last of them', () => {
  const generations = ['A', 'B', 'C', 'D', 'E', 'F'];
  const hosts = generations.flatMap((generation, g) =>
    Array.from({ length: 20 }, (_, i) => host(20 * g + i, { generation })),
  );
  const results = (hoursAgo: number) => generations.map((generation) => found(hoursAgo, { generation }));
  equal(planOf({ hosts, results: results(14) }).kind, 'nothing');
  equal(planOf({ hosts, results: results(15) }).kind, 'start');
});

test('every host comes onto a panel before one comes a second time', () => {
  const tested = new Map<string, number>();
  for (let run = 0; run < 20; run++) {
    const hosts = hostsOf(100).map((each) => ({ ...each, testedMs: tested.get(each.host) }));
    const { panel } = started({ hosts, nowMs: nowMs + run * 24 * hourMs });
    for (const name of panel) {
      equal(tested.has(name), false, `${name} again in run ${run}`);
      tested.set(name, run);
    }
  }
  equal(tested.size, 100);
});

test('a scheduler that forgot who was tested takes other hosts the next day', () => {
  notDeepEqual(started().panel, started({ nowMs: nowMs + 24 * hourMs }).panel);
});

test('the same schedule gives the same plan, in whatever order its hosts come', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(hostsOf(40), { minLength: 40 }), fc.nat(), (hosts, seed) =>
      deepEqual(planOf({ hosts, seed }), planOf({ hosts: hostsOf(40), seed })),
    ),
    { numRuns: 30 },
  );
});

/** Minutes after the start, or after hours begin, at which each of 100 tiers starts its first test. */
function firstStarts(hours: WeekHours, startedMs: number, results: readonly LastResult[]): number[] {
  return Array.from({ length: 100 }, (_, tier) => {
    const name = `tier${tier}`;
    const hosts = hostsOf(12, { tier: name });
    for (let minute = 0; minute < 24 * 60; minute++) {
      const changed = {
        tiers: [entry({ tier: name, hours })],
        hosts,
        startedMs,
        results: results.map((r) => ({ ...r, tier: name })),
      };
      if (planOf({ ...changed, nowMs: mondayMs + minute * minuteMs }).kind === 'start') return minute;
    }
    return Number.NaN;
  });
}

test('tiers begin spread over the first hour, and so when their hours begin', () => {
  const atStart = firstStarts(always, mondayMs, []);
  const old = found(0, { endedMs: mondayMs - 40 * hourMs });
  const atOpening = firstStarts([{ fromMinute: 120, toMinute: 720 }], mondayMs - 400 * hourMs, [old]);
  for (const [starts, fromMinute] of [
    [atStart, 0],
    [atOpening, 120],
  ] as const) {
    const minutes = starts.map((minute) => minute - fromMinute);
    ok(
      minutes.every((minute) => minute >= 0 && minute <= 60),
      minutes.join(' '),
    );
    // Uniform: each quarter of the hour has 25 of 100, give or take four standard deviations (4.3 each).
    for (const quarter of [0, 1, 2, 3]) {
      const count = minutes.filter((minute) => Math.min(3, Math.floor((minute - 0.5) / 15)) === quarter).length;
      ok(count >= 8 && count <= 42, `${count} tiers begin in quarter ${quarter}`);
    }
  }
  deepEqual(firstStarts(always, mondayMs, []), atStart);
});

test('what the file may ask for is what the controller takes', () => {
  deepEqual([panelHostsMax, largestShareMax], [limits.panelHostsMax, limits.panelTierShare]);
  equal(weightLimit, 256);
  // Hours of at least 90 minutes have room for the longest test.
  ok(limits.runMaxS + limits.drainS < 90 * 60);
});

test('a drained server is on no panel, and keeps nobody else from being tested', () => {
  const first = started();
  const servers = new Set(first.safeWeights.map(({ server }) => server));
  const second = started({ drained: new Map([['north', servers]]) });
  equal(second.panel.length, first.panel.length);
  ok(second.safeWeights.every(({ server }) => !servers.has(server)));
});
