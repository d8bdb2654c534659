import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LoadTestTier } from '../../schemas/loadtests-file/load-tests.ts';
import type { WeightApplied } from '../../schemas/weight-records.ts';
import { serverWeights, type Weights, weightsOf } from '../../schemas/weight-state.ts';
import { controlTurn } from './controller.ts';
import { type ControllerState, idleState } from './controller-state.ts';
import type { FoundCapacity } from './found-capacity.ts';
import type { ScheduledHost } from './planned-test.ts';
import { SteadyPools } from './steady-pools.ts';

const startMs = Date.UTC(2026, 0, 5, 10);
const entry: LoadTestTier = {
  tier: 'web',
  pools: [{ name: 'north', balancer: 'haproxy' }],
  slo: { p95Ms: 400, errorRatio: 0.01 },
  hours: [{ fromMinute: 0, toMinute: 10_080 }],
  largestShare: 0.05,
  panelHosts: undefined,
  safeWeights: { kind: 'same', weight: 100 },
  steadyWeights: 'by_capacity',
  weightMax: 256,
  refreshHours: 24,
  bakeS: 900,
  neighbours: [],
  dryRun: false,
  enabled: true,
};
const hostOf = (i: number): ScheduledHost => ({
  ...{ host: `web${i}`, tier: 'web', pool: 'north', server: `s${i}`, generation: i < 12 ? 'NHM' : 'VSS', build: 'b1' },
  ...{ buildSinceMs: 0, uptimeS: 90_000, fresh: true, healthy: true, testedMs: undefined },
});
const found = (generation: string, lowHitsPerS: number, endedMs = startMs): FoundCapacity => ({
  ...{ generation, build: 'b1', lowHitsPerS, endedMs },
});

/** Twelve hosts of NHM and eight of VSS behind a balancer that does what it is told. One `second` moves all of it. */
class World {
  steady: SteadyPools;
  state: ControllerState = controlTurn(idleState, { kind: 'takeover', epoch: 1 }).state;
  hosts: readonly ScheduledHost[] = Array.from({ length: 20 }, (_, i) => hostOf(i));
  capacities: readonly FoundCapacity[] = [found('NHM', 46), found('VSS', 18.4)];
  weights: Weights = new Map(this.hosts.map(({ server }) => [server, 100]));
  /** What the adapter returns to. */
  safe = this.weights;
  wallMs = startMs;
  monotonicMs = 5_000;
  secondsAgoMs = 1_000;
  killSwitch: boolean | undefined = false;
  answers = true;
  dryCommands = 0;
  readonly notes: string[] = [];
  /** Seconds at which weights changed, and from what. */
  readonly changes: { readonly atS: number; readonly from: Weights; readonly to: Weights; readonly mode: string }[] =
    [];

  constructor(changed: Partial<LoadTestTier> = {}) {
    this.steady = new SteadyPools({ ...entry, ...changed });
    this.say('observed');
  }

  say(status: string, seq = 0, reason = ''): void {
    const readback = serverWeights(this.weights);
    const applied: WeightApplied = {
      ...{ adapter: 'a', pool: 'north', tier: 'web', at: this.wallMs, status, reason, commandId: '', runId: undefined },
      ...{ epoch: this.state.epoch, seq, before: [], after: [], readback, stateHash: '', latencyMs: 0 },
    };
    this.steady.heard(applied);
    const event = {
      kind: 'applied' as const,
      epoch: applied.epoch,
      seq,
      status,
      readBack: readback,
      wallMs: this.wallMs,
    };
    this.state = controlTurn(this.state, event).state;
  }

  /** Some seconds; answers what was said last. */
  seconds(count: number): string | undefined {
    for (let s = 0; s < count; s++) this.#second();
    return this.notes.at(-1);
  }

  weightOf = (server: string): number => this.weights.get(server)!;

  #second(): void {
    this.wallMs += 1_000;
    this.monotonicMs += 1_000;
    const { wallMs, monotonicMs, killSwitch } = this;
    const at = { wallMs, monotonicMs };
    if (this.answers && (wallMs - startMs) % 10_000 === 0) this.say('observed');
    this.#hear({ kind: 'second', timeMs: wallMs - 1_000, live: true, panel: [], rest: restOf });
    if (killSwitch !== undefined) this.#hear({ kind: 'kill_switch', on: killSwitch, wallMs });
    this.steady.at(at);
    const trouble = this.steady.settled(this.state, monotonicMs);
    if (trouble !== undefined) this.notes.push(trouble);
    const facts = {
      ...at,
      hosts: () => this.hosts,
      newestSecondMs: wallMs - this.secondsAgoMs,
      capacities: this.capacities,
    };
    const look = this.state.phase === 'idle' ? this.steady.look(facts) : undefined;
    if (look?.kind === 'nothing') this.notes.push(look.reason);
    if (look?.kind === 'order') this.#hear({ kind: 'steady', order: look.order });
    const { command, decisions } = this.#hear({ kind: 'tick', ...at, brokerMs: wallMs });
    if (look?.kind === 'order') this.notes.push(decisions[0]!.reason);
    if (command === undefined) return;
    this.steady.ordered('north', { ...at, ...command });
    if (!this.answers) return;
    if (command.dryRun) {
      this.dryCommands++;
      this.say('dry_run', command.seq);
      return;
    }
    const to = command.mode === 'revert' ? this.safe : weightsOf(command.weights);
    this.changes.push({ atS: (wallMs - startMs) / 1_000, from: this.weights, to, mode: command.mode });
    [this.weights, this.safe] = [to, to];
    this.say('applied', command.seq);
  }

  #hear(event: Parameters<typeof controlTurn>[1]) {
    const turn = controlTurn(this.state, event);
    this.state = turn.state;
    return turn;
  }
}
const restOf = {
  ...{ hosts: 20, healthyHosts: 20, staleHosts: 0, poolHosts: 20, hitsPerS: 400, durationMs: 300, busyRatio: 0.4 },
  errorsPerS: 0,
};

test('weights go to the capacities in steps of 5 %, one a minute, and stay there', () => {
  const world = new World();
  world.seconds(3_600);
  deepEqual([world.weightOf('s0'), world.weightOf('s19')], [100, 40]);
  // 0.95^18 < 0.4; in whole numbers it takes some steps more: 95 91 87 83 79 76 73 70 67 64 61 58 56 54 52 50 48 46 44 42 40.
  equal(world.changes.length, 21);
  deepEqual(
    world.changes.map(({ atS }, i) => atS - world.changes[Math.max(0, i - 1)]!.atS),
    [0, ...Array.from({ length: 20 }, () => 60)],
  );
  for (const { from, to } of world.changes)
    for (const [server, weight] of to) ok(Math.abs(weight / from.get(server)! - 1) <= 0.05 + 1e-9);
  equal(
    world.notes.at(-1),
    'the weights of north stay, because they are near enough to NHM on build b1 100, VSS on build b1 40',
  );
  equal(world.notes.length, 60, 'a word a minute');
});

const stays: [says: string, prepare: (world: World) => unknown, because: RegExp][] = [
  [
    'a generation without a capacity',
    (world) => (world.capacities = [found('NHM', 46)]),
    /no capacity of VSS on build b1/,
  ],
  [
    'a capacity of more than two refreshes ago',
    (world) => (world.capacities = [found('NHM', 46), found('VSS', 18.4, startMs - 48 * 3_600_000)]),
    /no capacity of VSS on build b1 was found in 48 h/,
  ],
  [
    'one host on a new build',
    (world) => (world.hosts = world.hosts.map((host, i) => (i === 3 ? { ...host, build: 'b2' } : host))),
    /no capacity of NHM on build b2/,
  ],
  [
    'a server without a host',
    (world) => (world.hosts = world.hosts.slice(1)),
    /no host of the tier is seen that is server s0/,
  ],
  [
    'three silent hosts of twenty',
    (world) => (world.hosts = world.hosts.map((host, i) => ({ ...host, fresh: i > 2 }))),
    /17 of 20 hosts are fresh/,
  ],
  ['telemetry that stopped', (world) => (world.secondsAgoMs = 6_000), /telemetry of the tier is 6 s old/],
  ['an engaged kill switch', (world) => (world.killSwitch = true), /the kill switch is on/],
  ['an unknown kill switch', (world) => (world.killSwitch = undefined), /the kill switch is unknown/],
  [
    'a server that somebody drained',
    (world) => (world.weights = new Map([...world.weights, ['s5', 0]])),
    /s5 has weight 0/,
  ],
];
for (const [says, prepare, because] of stays) {
  test(`${says} leaves every weight as it is, and says so once a minute`, () => {
    const world = new World();
    prepare(world);
    world.say('observed');
    world.seconds(180);
    equal(world.changes.length, 0);
    if (world.state.phase === 'idle') equal(world.notes.length, 3);
    ok(world.state.phase === 'frozen' || because.test(world.notes.at(-1)!), world.notes.at(-1));
  });
}

test('an adapter that is silent for more than 30 s leaves every weight as it is', () => {
  const world = new World();
  world.seconds(65);
  equal(world.changes.length, 2);
  world.answers = false;
  equal(world.seconds(240), 'the weights of north stay, because its adapter has said nothing for 239 s');
  equal(world.changes.length, 2);
});

test('an order without an answer is given up after 3 s, and no test may begin meanwhile', () => {
  const world = new World();
  world.answers = false;
  world.seconds(1);
  ok(world.steady.isBusy);
  equal(world.seconds(4), 'no verified answer of the balancer of north to its weights between tests');
  ok(!world.steady.isBusy);
});

test('without by_capacity nothing is ordered; what would be is said', () => {
  const world = new World({ steadyWeights: 'observe' });
  equal(
    world.seconds(120),
    'the weights of north stay, because steady_weights is not by_capacity; if it were, 8 of 20 weights of north go a step ' +
      'towards NHM on build b1 100, VSS on build b1 40',
  );
  equal(world.changes.length, 0);
});

test('in a dry run the first step is commanded dry each minute, and never taken for done', () => {
  const world = new World({ dryRun: true });
  world.seconds(300);
  equal(world.dryCommands, 5);
  equal(world.steady.safeWeights.size, 0);
  match(world.notes.at(-1)!, /^8 of 20 weights of north go a step towards .* \(dry run\)$/);
});

test('in a dry run, weights that stand after a reload are not taken for the safe ones', () => {
  const world = new World({ dryRun: true });
  const weights = [...world.weights.keys()].map((server) => ({ server, weight: 80 }));
  const dry = { ...entry, dryRun: true };
  world.steady = new SteadyPools(dry, [{ pool: 'north', weights, orderedMs: undefined }]);
  world.say('observed');
  world.seconds(10);
  equal(world.dryCommands, 1);
  deepEqual(world.steady.safeWeights.get('north'), weightsOf(weights));
});

test('a reload that loses the weights is undone by what the adapter has for safe, within a minute', () => {
  const world = new World();
  world.seconds(3_600);
  world.weights = new Map([...world.weights.keys()].map((server) => [server, 100]));
  world.say('observed');
  world.seconds(2);
  equal(world.changes.at(-1)!.mode, 'revert');
  equal(world.weightOf('s19'), 40);
});

test('a server that is new in the pool goes from the weight it came with to its own', () => {
  const world = new World();
  world.seconds(3_600);
  world.hosts = [...world.hosts, { ...hostOf(20), generation: 'VSS' }];
  world.weights = new Map([...world.weights, ['s20', 60]]);
  world.say('observed');
  world.seconds(1_200);
  equal(world.weightOf('s20'), 40);
  ok(world.changes.every(({ mode }) => mode === 'steady'));
});

test('a restart keeps the safe weights and the minute', () => {
  const world = new World();
  world.seconds(601);
  const before = world.changes.length;
  world.steady = new SteadyPools(entry, JSON.parse(JSON.stringify(world.steady.kept)));
  world.monotonicMs = 7;
  world.say('observed');
  world.seconds(58);
  equal(world.changes.length, before);
  world.seconds(3);
  equal(world.changes.length, before + 1);
  deepEqual(world.steady.safeWeights.get('north'), world.weights);
});

test('a lost memory asks the adapter what is safe, and goes on from there', () => {
  const world = new World();
  world.seconds(601);
  const standing = world.weights;
  world.steady = new SteadyPools(entry);
  world.say('observed');
  world.seconds(2);
  deepEqual([world.changes.at(-1)!.mode, world.changes.at(-1)!.to], ['revert', standing]);
  deepEqual(world.steady.safeWeights.get('north'), standing);
  world.seconds(3_600);
  equal(world.weightOf('s19'), 40);
});

test('taking by_capacity out of the file walks the weights back to those of the file', () => {
  const world = new World();
  world.seconds(3_600);
  world.steady = new SteadyPools({ ...entry, steadyWeights: 'observe' }, world.steady.kept);
  world.say('observed');
  world.seconds(3_600);
  ok([...world.weights.values()].every((weight) => weight === 100));
  equal(world.steady.safeWeights.size, 0);
  for (const { from, to } of world.changes)
    for (const [server, weight] of to) ok(Math.abs(weight / from.get(server)! - 1) <= 0.05 + 1e-9);
});

test('whatever befalls: two changes are a minute apart, none is over 5 % but the way back to safe weights', () => {
  const befall = fc.record({
    what: fc.constantFrom('nothing', 'reload', 'silent', 'killed', 'restart', 'forgets', 'capacity', 'clock'),
    seconds: fc.integer({ min: 1, max: 200 }),
  });
  fc.assert(
    fc.property(fc.array(befall, { maxLength: 15 }), (history) => {
      const world = new World();
      for (const { what, seconds } of history) {
        if (what === 'reload') world.weights = new Map([...world.weights.keys()].map((server) => [server, 100]));
        if (what === 'restart') world.steady = new SteadyPools(entry, world.steady.kept);
        if (what === 'forgets')
          world.steady = new SteadyPools(
            entry,
            world.steady.kept.map((pool) => ({ ...pool, weights: undefined })),
          );
        if (what === 'capacity') world.capacities = [found('NHM', 30 + seconds), found('VSS', 18.4)];
        if (what === 'clock') world.wallMs += 3_600_000;
        world.answers = what !== 'silent';
        world.killSwitch = what === 'killed';
        world.say('observed');
        world.seconds(seconds);
      }
      // A restart knows its minute by the wall clock alone.
      const did = (wanted: string) => history.some(({ what }) => what === wanted);
      for (const [at, { from, to, atS, mode }] of world.changes.entries()) {
        if (at > 0 && !(did('clock') && (did('restart') || did('forgets'))))
          ok(atS - world.changes[at - 1]!.atS >= 60, `${atS}`);
        for (const [server, weight] of to)
          ok(mode === 'revert' || Math.abs(weight / from.get(server)! - 1) <= 0.05 + 1e-9);
      }
    }),
    { numRuns: 60 },
  );
});
