import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision, RailName } from './decisions.ts';
import { poissonTail } from './poisson-tail.ts';
import { panelHostsMax } from './start-rails.ts';
import { ControlWorld, request, trueLambda100, type WorldNow } from './testing/control-world.ts';
import type { HostSecond, TestRequest } from './tier-events.ts';

const all = (change: (row: HostSecond) => Partial<HostSecond>) => (rows: readonly HostSecond[]) =>
  rows.map((row) => ({ ...row, ...change(row) }));
const one = (change: Partial<HostSecond>) => (rows: readonly HostSecond[]) =>
  rows.map((row, at) => (at === 0 ? { ...row, ...change } : row));

interface Case {
  readonly rail: RailName;
  readonly what: string;
  readonly now: WorldNow;
  readonly action: Decision['action'];
  /** From the fault to the decision, in seconds, at most. */
  readonly within: number;
}

const cases: readonly Case[] = [
  {
    rail: 'contention',
    what: 'ten seconds of more than 250 ms over the baseline end it',
    now: { rows: all(({ durationMs }) => ({ durationMs: durationMs! + 400 })) },
    action: 'abort',
    within: 8,
  },
  {
    rail: 'soft_contention',
    what: 'more than 15 s over 150 ms end it',
    now: { rows: all(({ durationMs }) => ({ durationMs: durationMs! + 180 })) },
    action: 'abort',
    within: 26,
  },
  {
    rail: 'errors',
    what: 'errors of half a percentage point over the baseline end it',
    now: { rows: all(({ hitsPerS }) => ({ errorsPerS: 0.05 * hitsPerS })) },
    action: 'abort',
    within: 4,
  },
  {
    rail: 'slo',
    what: 'three seconds of p95 over the SLO end it',
    now: { rows: all(() => ({ p95Ms: 3_001 })) },
    action: 'abort',
    within: 3,
  },
  {
    rail: 'stale_panel',
    what: 'telemetry older than 5 s ends it',
    now: { noSeconds: true },
    action: 'abort',
    within: 5,
  },
  {
    rail: 'stale_panel',
    what: 'one silent host is enough',
    now: { rows: (rows) => rows.slice(1) },
    action: 'abort',
    within: 5,
  },
  {
    rail: 'no_evidence',
    what: 'a host whose rows cannot be believed holds the load',
    now: { rows: one({ busyRatio: Number.NaN }) },
    action: 'nothing',
    within: 4,
  },
  {
    rail: 'no_evidence',
    what: 'so do hits without a duration',
    now: { rows: one({ durationMs: undefined }) },
    action: 'nothing',
    within: 4,
  },
  {
    rail: 'no_evidence',
    what: 'so does a process younger than 300 s',
    now: { rows: one({ uptimeS: 299 }) },
    action: 'nothing',
    within: 4,
  },
  {
    rail: 'stale_tier',
    what: 'more than a tenth of the tier without telemetry freezes it',
    now: { rest: { staleHosts: 17 } },
    action: 'freeze',
    within: 1,
  },
  {
    rail: 'min_healthy',
    what: 'less than nine tenths healthy freezes it',
    now: { rest: { healthyHosts: 135 } },
    action: 'freeze',
    within: 1,
  },
  {
    rail: 'slow_downstream',
    what: 'a tier that became slower as a whole holds the load',
    now: { rest: { durationMs: 500 } },
    action: 'nothing',
    within: 10,
  },
  {
    rail: 'build_changed',
    what: 'another build on the panel ends it',
    now: { rows: one({ build: 'b2' }) },
    action: 'abort',
    within: 1,
  },
  {
    rail: 'sick_host',
    what: 'a host that needs more CPU time a hit than its peers ends it',
    now: { rows: one({ busyRatio: 0.9 }) },
    action: 'abort',
    within: 60,
  },
  { rail: 'catching_up', what: 'a backlog holds the load', now: { live: false }, action: 'nothing', within: 1 },
  {
    rail: 'ack',
    what: 'a command without an answer for 3 s ends it',
    now: { answer: () => undefined },
    action: 'abort',
    within: 7,
  },
  {
    rail: 'ack',
    what: 'a refused command ends it',
    now: { answer: () => ({ status: 'rejected_rails', readBack: [] }) },
    action: 'abort',
    within: 4,
  },
  {
    rail: 'ack',
    what: 'an answer of a later version that is not known is a refusal',
    now: { answer: ({ weights }) => ({ status: 'postponed', readBack: weights }) },
    action: 'abort',
    within: 4,
  },
  {
    rail: 'readback',
    what: 'other weights than ordered end it',
    now: {
      answer: ({ weights }) => ({ status: 'applied', readBack: weights.map(({ server }) => ({ server, weight: 77 })) }),
    },
    action: 'abort',
    within: 4,
  },
  { rail: 'kill_switch', what: 'the kill switch freezes it', now: { killSwitch: true }, action: 'freeze', within: 1 },
  {
    rail: 'kill_switch',
    what: 'a kill switch whose state is unknown for 5 s holds the load',
    now: { killSwitch: undefined },
    action: 'nothing',
    within: 6,
  },
  {
    rail: 'clock',
    what: 'a clock 1.5 s off the broker holds the load',
    now: { tick: (tick) => ({ ...tick, brokerMs: tick.wallMs - 1_500 }) },
    action: 'nothing',
    within: 1,
  },
  {
    rail: 'clock',
    what: "so does a broker's clock that is unknown",
    now: { tick: (tick) => ({ ...tick, brokerMs: undefined }) },
    action: 'nothing',
    within: 1,
  },
];

for (const { rail, what, now, action, within } of cases)
  test(`rail ${rail}: ${what}`, () => {
    const world = ControlWorld.ramping();
    world.now = now;
    const seconds = world.secondsUntil((decision) => decision.rail === rail && decision.action === action, within);
    ok(seconds !== undefined, `within ${within} s; last: ${JSON.stringify(world.lastDecision)}`);
  });

test('no rail speaks where nothing is wrong, and the capacity is found', () => {
  const world = ControlWorld.ramping();
  ok(world.secondsUntil(({ action }) => action === 'found', 900) !== undefined, JSON.stringify(world.lastDecision));
  deepEqual(
    world.decisions.filter(({ rail }) => rail !== undefined).map(({ rail, reason }) => [rail, reason]),
    [],
  );
  const { lambda100 } = world.last!.result!.estimate!;
  ok(Math.abs(lambda100 / trueLambda100 - 1) < 0.01, `${lambda100}`);
});

test('rail slo: more errors than the owner allows end a test, also where they were there before', () => {
  const world = new ControlWorld();
  world.now = { rows: all(({ hitsPerS }) => ({ errorsPerS: 0.03 * hitsPerS })) };
  world.hear({ kind: 'start', request });
  const seconds = world.secondsUntil(({ action, rail }) => action === 'abort' && rail === 'slo', 30);
  ok(seconds !== undefined, JSON.stringify(world.lastDecision));
});

test('rail inconclusive: a hold of more than 60 s ends the test', () => {
  const world = ControlWorld.ramping();
  world.now = { live: false };
  const seconds = world.secondsUntil(({ action }) => action === 'abort', 70);
  equal(seconds, 62);
  equal(world.last!.result!.outcome, 'inconclusive');
});

test('rail ack: an adapter that went back to safe weights ends the test at once, also while a newer command is on its way', () => {
  for (const status of ['reverted_restart', 'reverted_expired']) {
    const world = ControlWorld.ramping();
    const written = world.commands.at(-1)!;
    world.now = { answer: () => undefined };
    while (world.commands.at(-1) === written) world.step();
    const readBack = world.pool.map(({ server }) => ({ server, weight: 100 }));
    world.answered(written, { status, readBack });
    const { action, rail, reason } = world.step();
    deepEqual([action, rail, reason], ['abort', 'ack', `the balancer answered ${status}`]);
    equal(world.commands.at(-1)!.mode, 'revert');
  }
});

test('rail time_limit: a test of more than an hour ends without an answer', () => {
  const world = ControlWorld.ramping();
  world.state = { ...world.state, run: { ...world.state.run!, seconds: 3_600 } };
  deepEqual([world.step().rail, world.last!.result!.outcome], ['time_limit', 'inconclusive']);
});

test('rail donor_headroom: hosts that could not take the load of a dead panel are not given it', () => {
  const world = ControlWorld.ramping();
  world.now = { rest: { hitsPerS: 152 * 43, busyRatio: 0.8, durationMs: undefined } };
  ok(
    world.secondsUntil(({ rail }) => rail === 'donor_headroom', 120) !== undefined,
    JSON.stringify(world.lastDecision),
  );
});

test('rail fenced: a newer controller takes the tier, and this one orders nothing any more', () => {
  const world = ControlWorld.ramping();
  const before = world.commands.length;
  world.hear({ kind: 'applied', epoch: 2, seq: 1, status: 'applied', readBack: world.pool, wallMs: world.wallMs });
  const { action, rail } = world.step();
  deepEqual([action, rail], ['freeze', 'fenced']);
  world.step(30);
  equal(world.commands.length, before);
});

test('rail takeover: a run that another controller began ends, because its seconds may have gaps', () => {
  const world = ControlWorld.ramping();
  world.hear({ kind: 'takeover', epoch: 2 });
  const { action, rail } = world.step();
  deepEqual([action, rail], ['abort', 'takeover']);
  deepEqual([world.commands.at(-1)!.epoch, world.commands.at(-1)!.seq, world.commands.at(-1)!.mode], [2, 1, 'revert']);
});

for (const what of ['deploy', 'balancer_reload', 'failover', 'other'] as const)
  test(`rail bake: a ${what} ends a test, and none begins for 15 minutes`, () => {
    const world = ControlWorld.ramping();
    world.hear({ kind: 'disturbance', what, wallMs: world.wallMs });
    deepEqual([world.step().action, world.lastDecision.rail], ['abort', 'bake']);
    world.secondsUntil(() => world.state.phase === 'idle', 200);
    world.hear({ kind: 'start', request });
    deepEqual([world.step().action, world.lastDecision.rail], ['nothing', 'bake']);
    const begins = world.secondsUntil(({ action }) => action === 'start', 900);
    ok(begins !== undefined && begins > 700, `${begins}`);
  });

test('a reload that nobody announced is seen by its weights: readback ends the test, bake holds the next', () => {
  const world = ControlWorld.ramping();
  world.weights = new Map([...world.weights].map(([server]) => [server, 100]));
  const { epoch, seq } = world.commands.at(-1)!;
  world.hear({ kind: 'applied', epoch, seq, status: 'observed', readBack: world.pool, wallMs: world.wallMs });
  deepEqual([world.step().action, world.lastDecision.rail], ['abort', 'readback']);
  world.secondsUntil(() => world.state.phase === 'idle', 200);
  world.hear({ kind: 'start', request });
  deepEqual([world.step().action, world.lastDecision.rail], ['nothing', 'bake']);
});

test('an operator who drains a server ends a test; the tier rests 30 minutes, and no longer the next time', () => {
  const world = ControlWorld.ramping();
  world.state = { ...world.state, aborts: 3 };
  const { epoch, seq } = world.commands.at(-1)!;
  world.weights = new Map([...world.weights].map(([server, weight], at) => [server, at === 0 ? 0 : weight]));
  world.hear({ kind: 'applied', epoch, seq, status: 'observed', readBack: world.pool, wallMs: world.wallMs });
  deepEqual([world.step().action, world.lastDecision.rail], ['abort', 'readback']);
  match(world.lastDecision.reason, /^somebody drained .* during the test: weight 0$/);
  deepEqual([(world.state.cooldownUntilMs - world.wallMs) / 60_000, world.state.aborts], [30, 3]);
});

test('rail cooldown: 10 minutes after a find; 30 after an abort of the tier, doubled each time up to a day; 1 after one of the pipeline', () => {
  const restS = (world: ControlWorld): number => (world.state.cooldownUntilMs - world.wallMs) / 1_000;
  const found = ControlWorld.ramping();
  found.secondsUntil(({ action }) => action === 'found', 900);
  equal(restS(found), 600);
  const pipeline = ControlWorld.ramping();
  pipeline.now = { noSeconds: true };
  pipeline.secondsUntil(({ action }) => action === 'abort', 10);
  equal(restS(pipeline), 60);
  const rests = Array.from({ length: 8 }, (_, aborts) => {
    const world = ControlWorld.ramping();
    world.state = { ...world.state, aborts };
    world.now = { rows: all(() => ({ p95Ms: 9_999 })) };
    world.secondsUntil(({ action }) => action === 'abort', 10);
    return restS(world) / 60;
  });
  deepEqual(rests, [30, 60, 120, 240, 480, 960, 1_440, 1_440]);
});

const refusals: readonly (readonly [RailName, string, Partial<TestRequest>])[] = [
  ['tier_size', 'a tier of 11 hosts is observed only', { tierHosts: 11 }],
  ['panel_share', 'nobody on the panel', { panel: [], safeWeights: [] }],
  ['panel_share', 'more than 5 % of the tier', { tierHosts: 100 }],
  ['panel_share', 'more than a fifth of the generation', { generationHosts: 39 }],
  ['panel_share', 'more than the tier itself allows', { largestShare: 0.04 }],
  [
    'panel_weight',
    'a safe weight of 0',
    { safeWeights: request.safeWeights.map(({ server }) => ({ server, weight: 0 })) },
  ],
  [
    'panel_weight',
    'a server that the pool has not',
    { safeWeights: request.safeWeights.map(({ server }) => ({ server: `x${server}`, weight: 100 })) },
  ],
];
for (const [rail, what, over] of refusals)
  test(`rail ${rail} before the start: ${what}`, () => {
    const world = new ControlWorld();
    world.hear({ kind: 'start', request: { ...request, ...over } });
    deepEqual([world.step().action, world.lastDecision.rail, world.state.pending], ['nothing', rail, undefined]);
    equal(world.commands.length, 0);
  });

test('rail panel_weight: no weight over twice the safe one, none over what the balancer takes', () => {
  const world = new ControlWorld();
  world.hear({ kind: 'start', request: { ...request, weightMax: 130 } });
  world.secondsUntil(({ rail }) => rail === 'panel_weight', 900);
  equal(Math.max(...world.commands.flatMap(({ weights }) => weights.map(({ weight }) => weight))), 130);
});

test('the panel is 8 hosts, a fifth of its generation or 5 % of the tier, whatever is least, and never none', () => {
  const sizes = (generationHosts: number, tierHosts: number, largestShare = 0.05) =>
    panelHostsMax({ generationHosts, tierHosts, largestShare });
  deepEqual(
    [sizes(1_000, 1_000), sizes(20, 1_000), sizes(100, 80), sizes(3, 12), sizes(1_000, 1_000, 0.003)],
    [8, 4, 4, 1, 3],
  );
});

test('a kill switch or a stop or the end of the controller takes load back in the same second', () => {
  const killed = ControlWorld.ramping();
  killed.now = { killSwitch: true };
  killed.step();
  equal(killed.commands.at(-1)!.mode, 'revert');
  for (const event of [{ kind: 'stop', why: 'asked' }, { kind: 'shutdown' }] as const) {
    const world = ControlWorld.ramping();
    world.hear(event);
    world.step();
    ok(world.commands.at(-1)!.weights.every(({ weight }) => weight <= 100));
    equal(world.last!.result!.outcome, 'stopped');
  }
});

test('every second has a decision with a reason, and a command is renewed every two seconds', () => {
  const world = ControlWorld.ramping();
  const [decisions, commands] = [world.decisions.length, world.commands.length];
  world.step(20);
  equal(world.decisions.length - decisions, 20);
  ok(world.decisions.every(({ reason }) => reason.length > 0));
  const sent = world.commands.length - commands;
  ok(sent >= 9 && sent <= 11, `${sent}`);
});

test('the tail of the Poisson distribution is that of tables and of plain sums', () => {
  // 1 − Σ e^−m m^n / n!, summed in plain loops.
  const plain = (count: number, mean: number): number => {
    let below = 0;
    let term = Math.exp(-mean);
    for (let n = 0; n < count; n++) {
      below += term;
      term *= mean / (n + 1);
    }
    return 1 - below;
  };
  for (const [count, mean] of [
    [1, 1],
    [3, 0.5],
    [10, 4],
    [50, 60],
    [120, 100],
  ] as const)
    ok(Math.abs(poissonTail(count, mean) - plain(count, mean)) < 1e-12, `${count} ${mean}`);
  // P(X ≤ 1000) = 0.508409 and P(X = 1000) = 0.012614 of tables.
  ok(Math.abs(poissonTail(1_000, 1_000) - (1 - 0.508_409 + 0.012_614)) < 1e-5, `${poissonTail(1_000, 1_000)}`);
  deepEqual([poissonTail(0, 3), poissonTail(2, 0)], [1, 0]);
});
