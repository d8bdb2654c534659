import { type OpenTime, openTimeAt } from '../../schemas/loadtests-file/hours.ts';
import type { LoadTestTier } from '../../schemas/loadtests-file/load-tests.ts';
import type { Weights } from '../../schemas/weight-state.ts';
import { limits } from './limits.ts';
import type { LastResult, PlannedTest, ScheduledHost } from './planned-test.ts';
import { fractionOf } from './schedule-chance.ts';
import { type Demand, demandOf, dueDemands, inOrder, longestTestMs, type TestGroup } from './schedule-order.ts';
import { inTurn, panelSizeMax, type SteeredPool, steeredPools } from './schedule-panel.ts';

/** All that the next tests depend on. Times are wall time, ms since 1970. */
export interface Schedule {
  /** What `loadtests.yaml` says. */
  readonly tiers: readonly LoadTestTier[];
  /** Hosts of these tiers and all servers of their pools. */
  readonly hosts: readonly ScheduledHost[];
  /** The last test of each (tier, generation, build); of several the newest counts. */
  readonly results: readonly LastResult[];
  /** Safe weights of pools where they are not the file's, by pool and server. */
  readonly steadyWeights?: ReadonlyMap<string, Weights>;
  /** Servers that stand at weight 0, by pool: somebody drained them, so a test of one would wait until it is given back. */
  readonly drained?: ReadonlyMap<string, ReadonlySet<string>>;
  /** By tier. */
  readonly cooldownUntilMs: ReadonlyMap<string, number>;
  /** When the scheduler began: from then on tiers begin one after the other. */
  readonly startedMs: number;
  readonly nowMs: number;
  /** Of the phases and of the order of hosts that were never tested. */
  readonly seed: number;
}

/** The next test of a tier, or why there is none. */
export type TierPlan =
  | { readonly kind: 'start'; readonly tier: string; readonly test: PlannedTest; readonly reason: string }
  | { readonly kind: 'nothing'; readonly tier: string; readonly reason: string };

/** Tiers begin at different times within this after a start, and after their hours begin if those are long enough. */
const phaseSpanMs = 3_600_000;
const hourMs = 3_600_000;

/**
 * What to test now, one answer a tier of the file in its order. The same schedule gives the same answer; nothing is
 * remembered, so whoever has started a test of a tier asks no more of that tier until it is over, and in `results`.
 */
export function scheduleTests(schedule: Schedule): readonly TierPlan[] {
  return schedule.tiers.map((entry): TierPlan => {
    const { tier } = entry;
    const hosts = schedule.hosts.filter((host) => host.tier === tier);
    const open = openTimeAt(entry.hours, schedule.nowMs);
    const because = whyNoTest(entry, hosts, schedule) ?? whyNotNow(open, schedule.nowMs);
    return because === undefined ? nextTest({ entry, hosts, open, schedule }) : nothing(tier, because);
  });
}

const nothing = (tier: string, because: string): TierPlan => ({
  kind: 'nothing',
  tier,
  reason: `did nothing, because ${because}`,
});

/** What forbids any test of the tier, whatever is due. */
function whyNoTest(entry: LoadTestTier, hosts: readonly ScheduledHost[], schedule: Schedule): string | undefined {
  const { tier, enabled } = entry;
  if (!enabled) return 'the tier is not enabled in loadtests.yaml';
  if (hosts.length < limits.tierHostsMin) {
    return `a tier of ${hosts.length} hosts is observed only; ${limits.tierHostsMin} are needed`;
  }
  const restsMs = (schedule.cooldownUntilMs.get(tier) ?? Number.NEGATIVE_INFINITY) - schedule.nowMs;
  if (restsMs > 0) return `the tier rests for another ${Math.ceil(restsMs / 1_000)} s`;
  const well = hosts.filter(({ fresh, healthy }) => fresh && healthy).length;
  if (well >= limits.minHealthyRatio * hosts.length) return undefined;
  return `${well} of ${hosts.length} hosts are fresh and healthy; ${limits.minHealthyRatio * 100} % are needed`;
}

/** A test is begun only while the longest one would still end within the hours. */
function whyNotNow({ fromMs, toMs }: OpenTime, nowMs: number): string | undefined {
  if (nowMs < fromMs) return `tests may run from ${new Date(fromMs).toISOString()} on`;
  if (nowMs + longestTestMs <= toMs) return undefined;
  return `a test may take longer than until ${new Date(toMs).toISOString()}, where its hours end`;
}

interface TierNow {
  readonly entry: LoadTestTier;
  readonly hosts: readonly ScheduledHost[];
  readonly open: OpenTime;
  readonly schedule: Schedule;
}

function nextTest(now: TierNow): TierPlan {
  const { entry, schedule } = now;
  const { pools, refused } = steeredPools(entry, schedule.hosts, schedule.steadyWeights);
  if (pools.length === 0) return nothing(entry.tier, refused.join('; '));
  const groups = groupsOf(now, pools);
  const times = {
    bakeMs: entry.bakeS * 1_000,
    refreshMs: entry.refreshHours * hourMs,
    startedMs: schedule.startedMs,
    phaseMs: phaseSpanMs * fractionOf(schedule.seed, entry.tier),
  };
  const able = groups.filter(({ candidates }) => candidates.length > 0);
  if (able.length === 0) return nothing(entry.tier, whyNobody(groups, refused));
  const ordered = inOrder(able.map((group) => demandOf(group, times)));
  const due = dueDemands(ordered, schedule.nowMs);
  const chosen = due.find((demand) => !waitsItsPhase(demand, now));
  if (chosen !== undefined) return { kind: 'start', tier: entry.tier, ...testOf(chosen, now, pools) };
  return nothing(entry.tier, due.length > 0 ? 'tiers begin one after the other when hours begin' : whyNotDue(ordered));
}

/** Hosts by generation and build; those whose generation nobody knows cannot be compared, so they are left out. */
function groupsOf({ entry, hosts, schedule }: TierNow, pools: readonly SteeredPool[]): TestGroup[] {
  const { nowMs, results, drained } = schedule;
  const maxima = new Map(pools.map(({ name, weights }) => [name, weights]));
  const isCandidate = ({ pool, server, fresh, healthy, uptimeS, buildSinceMs }: ScheduledHost): boolean => {
    const weight = maxima.get(pool)?.get(server) ?? 0;
    const up = uptimeS !== undefined && uptimeS >= Math.min(limits.uptimeMinS, entry.bakeS);
    const baked = nowMs >= buildSinceMs + entry.bakeS * 1_000;
    const serves = weight > 0 && weight <= entry.weightMax && drained?.get(pool)?.has(server) !== true;
    return serves && fresh && healthy && up && baked;
  };
  const members = new Map<string, ScheduledHost[]>();
  for (const host of hosts) {
    if (host.generation === '') continue;
    const key = `${host.generation}\n${host.build}`;
    const group = members.get(key);
    if (group === undefined) members.set(key, [host]);
    else group.push(host);
  }
  return [...members.values()].map((group) => {
    const { generation, build } = group[0]!;
    const last = results
      .filter((result) => result.tier === entry.tier && result.generation === generation && result.build === build)
      .reduce<LastResult | undefined>((a, b) => (a === undefined || b.endedMs > a.endedMs ? b : a), undefined);
    return { generation, build, hosts: group.length, candidates: group.filter(isCandidate), last };
  });
}

/**
 * When hours begin everything is due in many tiers at once, so each waits its phase; but a deadline within the hours is
 * kept, and a new build does not wait.
 */
function waitsItsPhase({ kind, deadlineMs }: Demand, { entry, open, schedule }: TierNow): boolean {
  if (kind === 'new_build' || !Number.isFinite(open.fromMs)) return false;
  const spareMs = open.toMs - open.fromMs - longestTestMs;
  const spanMs = Math.min(phaseSpanMs, spareMs / 2);
  const readyMs = open.fromMs + spanMs * fractionOf(schedule.seed, entry.tier);
  return schedule.nowMs < readyMs && !(deadlineMs >= open.fromMs && deadlineMs <= schedule.nowMs);
}

function testOf(
  demand: Demand,
  { entry, hosts, schedule }: TierNow,
  pools: readonly SteeredPool[],
): { readonly test: PlannedTest; readonly reason: string } {
  const { group } = demand;
  const { generation, build } = group;
  const turn = inTurn(group.candidates, schedule.seed, Math.floor(schedule.nowMs / (entry.refreshHours * hourMs)));
  const pool = pools.find(({ name }) => name === turn[0]!.pool)!;
  const sizes = { tierHosts: hosts.length, generationHosts: group.hosts };
  const most = panelSizeMax(entry, { ...sizes, poolServers: pool.weights.size });
  const panel = turn.filter((host) => host.pool === pool.name).slice(0, most);
  const safeWeights = panel.map(({ server }) => ({ server, weight: pool.weights.get(server)! }));
  const test: PlannedTest = {
    runId: [entry.tier, generation, build, schedule.nowMs].join('/'),
    tier: entry.tier,
    pool: pool.name,
    generation,
    build,
    panel: panel.map(({ host }) => host),
    safeWeights,
    ...sizes,
    slo: entry.slo,
    weightMax: entry.weightMax,
    largestShare: entry.largestShare,
    bakeS: entry.bakeS,
    neighbours: entry.neighbours,
    dryRun: entry.dryRun,
  };
  return { test, reason: whyDue(demand, schedule.nowMs) };
}

const wordsOf = ({ generation, build }: TestGroup): string =>
  `${generation} on build ${build === '' ? 'unknown' : build}`;

function whyDue({ group, kind }: Demand, nowMs: number): string {
  const { last } = group;
  if (last === undefined) {
    return kind === 'new_build' ? `${wordsOf(group)} is new and has baked` : `${wordsOf(group)} has no result`;
  }
  const hours = ((nowMs - last.endedMs) / hourMs).toFixed(1);
  if (kind === 'retry') return `${wordsOf(group)}: the last test ended ${last.outcome} ${hours} h ago`;
  return `${wordsOf(group)}: the last result is ${hours} h old`;
}

function whyNotDue(ordered: readonly Demand[]): string {
  const next = ordered.reduce((a, b) => (b.deadlineMs < a.deadlineMs ? b : a));
  const by = new Date(next.deadlineMs).toISOString();
  const what = next.group.last === undefined ? 'is begun at' : 'is renewed by';
  return `nothing is due; next comes ${wordsOf(next.group)}, which ${what} ${by}`;
}

function whyNobody(groups: readonly TestGroup[], refused: readonly string[]): string {
  const known = groups.map((group) => `${wordsOf(group)} (${group.hosts} hosts)`).join(', ');
  if (known === '') return 'no host of the tier has a known generation';
  const which = `no host of ${known} is in a pool that can be tested, not drained, fresh, healthy, up for ${limits.uptimeMinS} s and baked`;
  return [which, ...refused].join('; ');
}
