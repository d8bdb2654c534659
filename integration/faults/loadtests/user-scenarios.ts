import { deepEqual, ok } from 'node:assert/strict';
import { committed } from './check-commands.ts';
import { endFaults, kill } from './control-faults.ts';
import { ControlWorld, type WorldTier } from './control-world.ts';
import { formulaHosts } from './fleet-hosts.ts';
import { settleAndCheckControl } from './settle-and-check.ts';
import type { SteeredTier } from './steered-tier.ts';
import type { TierLines } from './tier-file.ts';
import { fileWeight } from './tier-file.ts';

/** What people do to a tier that is steered, one exact story each. */
export const userScenarios = {
  drainedBeforeATest,
  drainedWhileRaised,
  stoppedByRequest,
  disturbed,
  killFileThere,
  tierTakenOut,
  dryRunTurnedOn,
  stepsLoseTheirController,
  stepsTakenBack,
  neighboursAskedAtOnce,
  twoGroupsAtOnce,
} satisfies Readonly<Record<string, (seed: number) => Promise<void>>>;

interface Given extends Omit<Partial<WorldTier>, 'hosts'> {
  readonly hosts?: number;
}

const tierOf = (seed: number, { hosts = 40, ...given }: Given = {}): WorldTier => ({
  hosts: formulaHosts(seed, { NHM: hosts }),
  ...given,
});

function worldWith(seed: number, given: Given = {}): ControlWorld {
  const world = new ControlWorld(seed, { tiers: { web: tierOf(seed, given) } });
  world.setKillSwitch(false);
  return world;
}

async function raisedWorld(seed: number, lines: TierLines = {}): Promise<ControlWorld> {
  const world = worldWith(seed, { lines });
  world.startController();
  world.start();
  ok(await world.until(() => world.isRaised, 500), 'load was raised');
  await world.clock.advance(world.random.between(100, 20_000));
  await world.until(() => world.isRaised, 200);
  return world;
}

/** Cheaper than to wait for what the test finds. */
async function testsAgain(world: ControlWorld): Promise<void> {
  ok(await world.until(() => world.isRaised, 2_400), 'the tier is tested again');
  await settleAndCheckControl(world, { livesOn: false });
}

const [early, late] = [5, 40];
const actionsSince = (site: SteeredTier, sinceMs: number) =>
  committed(site, 'instantdyno.loadtests.v1')
    .filter(({ value }) => value.timeMs >= sinceMs)
    .map(({ value }) => value);

/** Two servers are out for all of a test; it is of others, and finds its answer. */
async function drainedBeforeATest(seed: number): Promise<void> {
  const world = worldWith(seed);
  const { web } = world;
  const hosts = [...web.fleet.hosts];
  const drained = [0, 1].map(() => hosts.splice(world.random.between(0, hosts.length - 1), 1)[0]!);
  for (const server of drained) web.drain(server);
  world.startController();
  world.start();
  await settleAndCheckControl(world, { livesOn: true });
  deepEqual(
    drained.map((server) => web.balancer.weights.get(server)),
    [0, 0],
  );
  for (const server of drained) web.giveBack(server);
  await settleAndCheckControl(world, { livesOn: true });
}

/** Of a panel under load one host is taken out by hand: it is not raised again, nor is it given back by a program. */
async function drainedWhileRaised(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  const { web } = world;
  const [server] = web.watch.raised(web.balancer.weights);
  web.drain(server!);
  for (let s = 0; s < 120; s++) {
    await world.clock.advance(1_000);
    if (world.random.chance(0.05)) web.reloadBalancer();
    if (s === 60) kill(world, world.controllers[0]!);
  }
  deepEqual(web.balancer.weights.get(server!), 0);
  web.giveBack(server!);
  endFaults(world);
  await testsAgain(world);
}

async function stoppedByRequest(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  world.web.request('stop');
  await world.clock.advance(early * 1_000);
  ok(!world.isRaised, 'load is taken back at once');
  await world.clock.advance(late * 1_000);
  ok(
    [...world.web.balancer.weights.values()].every((weight) => weight === fileWeight),
    'and then is as before',
  );
  await settleAndCheckControl(world, { livesOn: false });
}

/** Somebody tells of a failover: no test goes on, and none begins for as long as the file says. */
async function disturbed(seed: number): Promise<void> {
  const world = await raisedWorld(seed, { bake_minutes: '3' });
  const toldMs = world.clock.nowMs();
  world.web.request('disturbance', 'failover');
  await world.clock.advance(early * 1_000);
  ok(!world.isRaised, 'load is taken back at once');
  await world.clock.advance(170_000);
  const begun = actionsSince(world.web, toldMs).filter(({ action }) => action === 'start' || action === 'raise');
  deepEqual(begun, []);
  ok(await world.until(() => world.isRaised, 300), 'and then it tests again');
  await settleAndCheckControl(world, { livesOn: false });
}

async function killFileThere(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  world.web.setKillFile(true);
  // The log does not matter to it.
  world.cluster.away = seed % 2 === 0;
  await world.clock.advance(early * 1_000);
  ok(!world.isRaised, 'load is taken back at once');
  world.cluster.away = false;
  ok(!(await world.until(() => world.isRaised, 200)), 'and none is raised');
  world.web.setKillFile(false);
  await testsAgain(world);
}

/** The controller that comes next does not know the tier any more: nobody but its adapter is there for it. */
async function tierTakenOut(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  kill(world, world.controllers[0]!);
  world.file.remove('web');
  world.startController();
  const outMs = world.clock.nowMs();
  await world.clock.advance(12_000);
  ok(!world.isRaised, 'safe weights within 12 s');
  await world.clock.advance(60_000);
  deepEqual(actionsSince(world.web, outMs + 1_000), []);
  endFaults(world);
  await testsAgain(world);
}

/** What is raised is taken back in earnest; from then on nothing moves, and all is said. */
async function dryRunTurnedOn(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  for (const controller of world.controllers) kill(world, controller);
  world.file.set('web', { dry_run: 'true', steady_weights: 'by_capacity', weight_max: '160' });
  world.startController();
  await world.clock.advance(12_000);
  ok(!world.isRaised, 'safe weights within 12 s');
  await world.clock.advance(40_000);
  const changes = world.web.watch.changes.length;
  await world.clock.advance(300_000);
  deepEqual(world.web.watch.changes.slice(changes), []);
  ok(
    actionsSince(world.web, 0).some(({ ended }) => ended?.outcome === 'dry_run'),
    'a test was rehearsed',
  );
  endFaults(world);
  await testsAgain(world);
}

/** Where the weights of a pool of equal hosts belong: a test may double them. */
const belongs = 92;

async function steppingWorld(seed: number): Promise<ControlWorld> {
  const lines = { steady_weights: 'by_capacity', weight_max: String(2 * belongs) };
  const world = worldWith(seed, { lines });
  // Once: a test that is asked for comes before weights between tests.
  world.web.isAsked = false;
  world.startController();
  world.start();
  await world.clock.advance(30_000);
  world.web.request('start');
  ok(await world.until(() => world.web.watch.hasStepped, 3_000), 'weights between tests move');
  return world;
}

/** Wherever its controller dies, a pool stands at a step that was acknowledged, and the next one goes on from there. */
async function stepsLoseTheirController(seed: number): Promise<void> {
  const world = await steppingWorld(seed);
  const { web, random, clock } = world;
  for (let death = 0; death < 4; death++) {
    const steps = web.watch.changes.length;
    await world.until(() => web.watch.changes.length > steps, 100);
    await clock.advance(random.between(0, 400));
    if (random.chance(0.5)) web.adapter.log.kill();
    for (const { log } of world.controllers) log.kill();
    await clock.advance(random.between(1, 15_000));
    if (web.adapter.log.state === 'killed') web.startAdapter();
    world.startController();
  }
  ok(await world.until(() => isAt(web, belongs), 1_500), 'it comes to where it belongs');
  await settleAndCheckControl(world, { livesOn: false });
}

/** `by_capacity` is taken out of the file: back to what it says, as slowly as it went. */
async function stepsTakenBack(seed: number): Promise<void> {
  const world = await steppingWorld(seed);
  const { web } = world;
  await world.until(() => isAt(web, belongs), 1_500);
  for (const controller of world.controllers) void controller.stop();
  world.file.set('web', { steady_weights: 'observe' });
  await world.clock.advance(world.random.between(100, 5_000));
  world.startController();
  ok(await world.until(() => isAt(web, fileWeight), 3_000), 'the weights of the file');
  await settleAndCheckControl(world, { livesOn: false });
}

const isAt = ({ balancer }: SteeredTier, weight: number): boolean =>
  [...balancer.weights.values()].every((each) => each === weight);

/** Both are asked for a test at the same moment and ever again: each has its turn, and no load is raised in both. */
async function neighboursAskedAtOnce(seed: number): Promise<void> {
  const lines = (name: string): TierLines => ({ bake_minutes: seed % 2 === 0 ? '0' : '1', neighbours: `[${name}]` });
  const tiers = { web: tierOf(seed, { lines: lines('feed') }), feed: tierOf(seed + 1, { lines: lines('web') }) };
  const world = new ControlWorld(seed, { tiers, partitions: 2 });
  world.setKillSwitch(false);
  world.startController();
  world.startController();
  world.start();
  await settleAndCheckControl(world, { livesOn: true });
}

/**
 * Started in the same moment they take the same lease, and the log fences neither: leases and numbers have to. Who is left
 * when one of them dies does not have to count up to where the other one was.
 */
async function twoGroupsAtOnce(seed: number): Promise<void> {
  const world = worldWith(seed);
  const { web, random, clock } = world;
  world.startController();
  if (seed % 2 === 0) await clock.advance(random.between(0, 3_000));
  world.startController({ isRival: true });
  world.start();
  ok(await world.until(() => world.isRaised, 500), 'load was raised');
  await clock.advance(random.between(30_000, 120_000));
  const [dies] = world.controllers;
  dies!.log.kill();
  web.watch.died(dies!);
  await clock.advance(12_000);
  await world.until(() => !world.isRaised, 600);
  ok(await world.until(() => world.isRaised, 900), 'who is left tests');
  endFaults(world);
  await testsAgain(world);
}
