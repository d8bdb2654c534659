import { deepEqual, equal, ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { partitionOf } from '../../log/partitioner.ts';
import { whyNoHaproxy } from '../balancer/haproxy-process.ts';
import { withOwnBroker } from '../kafka/test-broker.ts';
import type { Program } from '../program/program.ts';
import { atEnd, freshFolder, until } from '../system/running.ts';
import { unexplained } from './audit.ts';
import { controlLatency, controlRecordsOf } from './control-latency.ts';
import { ControllerGroup } from './controller-group.ts';
import type { NamedWeights } from './haproxy-pools.ts';
import { recordsOfTier } from './log-view.ts';
import { msUntil, partitions, Rig } from './rig.ts';

const skip = whyNoHaproxy() ?? false;
/** A command lives 10 s; then the adapter needs a tick and HAProxy. */
const safeWithinMs = 12_000;
const hostsOfTier = 12;
const title = 'live load tests of three tiers: load shifts as commanded, and weights are safe again whatever dies';

withOwnBroker(title, () => {
  test(title, { skip, timeout: 240_000 }, async (t) => {
    const rig = await Rig.start({
      tiers: tiersInDifferentTasks(),
      hostsOfTier,
      // 15 hits/s of a VSS.
      serviceMs: 424,
      // Far from capacity, so that the law raises at once.
      loadShare: 0.4,
      seed: 1,
      folder: freshFolder(t),
      atEnd: (undo) => atEnd(t, undo),
    });
    const { tiers } = rig.options;
    const { dying, ofDying, others } = await twoControllers(t, rig);
    // What an adapter says at its start is heard at once; who comes later waits for what it says every 10 s.
    await rig.startAdapters();
    t.diagnostic(
      `${seconds()} s: ready, λ100 is ${rig.poissonLambda100.toFixed(1)} hits/s by Erlang C, users' load is 40 % of it`,
    );
    try {
      await rampsAndDeaths(t, rig, { dying, ofDying, others });
    } catch (fault) {
      for (const tier of tiers) t.diagnostic(await storyOf(rig, tier).catch(String));
      throw fault;
    }
    t.diagnostic(`${seconds()} s: done`);
  });
});

const seconds = (): number => Math.round(performance.now() / 1_000);

/** Three names, each of another partition, so that no controller has all of them. */
function tiersInDifferentTasks(): string[] {
  const byPartition = new Map<number, string>();
  for (let number = 1; byPartition.size < 3; number++) {
    const partition = partitionOf(`web${number}`, partitions);
    if (!byPartition.has(partition)) byPartition.set(partition, `web${number}`);
  }
  return [...byPartition.values()];
}

interface Controllers {
  readonly dying: Program;
  /** The one tier of the controller that will die. */
  readonly ofDying: string;
  readonly others: readonly [string, string];
}

/** Two processes in one group: one has one of the three tiers, the other has two. */
async function twoControllers(t: TestContext, rig: Rig): Promise<Controllers> {
  const group = await ControllerGroup.open(rig.broker.bootstrap);
  atEnd(t, () => group.close());
  const first = rig.stage('loadtests');
  const [firstId] = (await until('the first controller', 30_000, () => group.owners(1))).keys();
  const second = rig.stage('loadtests');
  const owners = await until('both controllers', 30_000, () => group.owners(2));
  for (const [id, owned] of owners) {
    const [ofDying, ...more] = rig.options.tiers.filter((tier) => owned.includes(partitionOf(tier, partitions)));
    if (ofDying === undefined || more.length > 0) continue;
    const [a, b] = rig.options.tiers.filter((tier) => tier !== ofDying);
    return { dying: id === firstId ? first : second, ofDying, others: [a!, b!] };
  }
  throw new Error(`no controller has exactly one tier: ${JSON.stringify([...owners])}`);
}

async function rampsAndDeaths(t: TestContext, rig: Rig, controllers: Controllers): Promise<void> {
  const { tiers } = rig.options;
  const askedMs = Date.now();
  await Promise.all(tiers.map((tier) => rig.request(tier)));
  await Promise.all(tiers.map((tier) => ramps(rig, tier, askedMs)));
  t.diagnostic(`${seconds()} s: the load of all panels was raised`);
  await loadShifts(t, rig);
  await adapterDies(t, rig, controllers.others[0]);
  for (const tier of tiers) await commandsAreFast(t, rig, tier);
  await controllerAndBrokerDie(t, rig, controllers);
  await rig.broker.restart();
  for (const tier of tiers) await everyChangeIsExplained(rig, tier);
}

const isSafe = (weights: NamedWeights): boolean => Object.values(weights).every((weight) => weight === 100);

/** Waits for the first raise, and holds what HAProxy has against what was commanded. */
async function ramps(rig: Rig, tier: string, askedMs: number): Promise<void> {
  await until(`a raise in ${tier}`, 120_000, async () => (isSafe(await rig.haproxy.weights(tier)) ? undefined : true));
  const steps = await recordsOfTier(rig.log, 'instantdyno.loadtests.v1', tier);
  const start = steps.find(({ value }) => value.action === 'start')?.value;
  ok(start !== undefined && start.timeMs >= askedMs, `${tier} began ${JSON.stringify(start)}, asked at ${askedMs}`);
  const asCommanded = await msUntil(3_000, async () => {
    const newest = (await recordsOfTier(rig.log, 'loadbalancer.control.v1', tier)).at(-1)!.value;
    const has = await rig.haproxy.weights(tier);
    return newest.mode === 'test' && newest.weights.every(({ server, weight }) => has[server] === weight);
  });
  ok(asCommanded !== undefined, `${tier}: HAProxy does not have the weights of the newest command`);
}

interface Look {
  readonly weights: NamedWeights;
  readonly requests: Readonly<Record<string, number>>;
}

/** Seven seconds of every pool in which no weight was changed. */
async function quietSeconds(rig: Rig): Promise<readonly (readonly [before: Look, after: Look])[]> {
  const looks = () =>
    Promise.all(
      rig.options.tiers.map(async (tier): Promise<Look> => {
        return { weights: await rig.haproxy.weights(tier), requests: await rig.haproxy.requests(tier) };
      }),
    );
  return until('seven seconds without a step', 60_000, async () => {
    const before = await looks();
    await delay(7_000);
    const pairs = (await looks()).map((after, at) => [before[at]!, after] as const);
    return pairs.every(([a, b]) => isDeepStrictEqual(a.weights, b.weights)) ? pairs : undefined;
  });
}

/** As HAProxy counts them: the panels get their weights' share of the requests, which is more than that of one host in twelve. */
async function loadShifts(t: TestContext, rig: Rig): Promise<void> {
  const total = { got: 0, ordered: 0, even: 0 };
  for (const [at, [before, { weights, requests }]] of (await quietSeconds(rig)).entries()) {
    const given = Object.keys(weights).map((server) => requests[server]! - before.requests[server]!);
    const all = given.reduce((sum, each) => sum + each, 0);
    const weightSum = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    const panel = Object.keys(weights).findIndex((server) => weights[server] !== 100);
    const [server, weight] = Object.entries(weights)[panel]!;
    t.diagnostic(`${rig.options.tiers[at]}: ${server} has weight ${weight} and got ${given[panel]} of ${all} requests`);
    total.got += given[panel]!;
    total.ordered += (all * weight) / weightSum;
    total.even += all / hostsOfTier;
  }
  // A round of the balancer is cut twice in each pool.
  ok(Math.abs(total.got - total.ordered) <= 2 * rig.options.tiers.length, JSON.stringify(total));
  ok(total.got > total.even, JSON.stringify(total));
}

/** Fails unless the tier has safe weights in time; says how long it took. */
async function safeAfter(t: TestContext, rig: Rig, tier: string, what: string): Promise<void> {
  const ms = await msUntil(safeWithinMs, async () => isSafe(await rig.haproxy.weights(tier)));
  ok(ms !== undefined, `${what}: ${JSON.stringify(await rig.haproxy.weights(tier))} after ${safeWithinMs} ms`);
  t.diagnostic(`${what}: safe weights after ${(ms / 1_000).toFixed(1)} s`);
}

/** Its parent starts another, which restores safe weights and says so: the controller ends the test. */
async function adapterDies(t: TestContext, rig: Rig, tier: string): Promise<void> {
  ok(!isSafe(await rig.haproxy.weights(tier)), `${tier} is in its ramp`);
  process.kill(rig.adapterPid(tier), 'SIGKILL');
  await safeAfter(t, rig, tier, 'kill -9 of the adapter in the ramp');
  const abort = await until(`the controller ends the test of ${tier}`, 15_000, async () => {
    const steps = await recordsOfTier(rig.log, 'instantdyno.loadtests.v1', tier);
    return steps.find(({ value }) => value.action === 'abort')?.value;
  });
  t.diagnostic(`the controller ends that test: ${abort.reason}`);
}

/** In one go: the session of the dead controller must not end before the broker dies, else the other one takes over. */
async function controllerAndBrokerDie(
  t: TestContext,
  rig: Rig,
  { dying, ofDying, others }: Controllers,
): Promise<void> {
  const ofBroker = others[1];
  for (const tier of [ofDying, ofBroker]) ok(!isSafe(await rig.haproxy.weights(tier)), `${tier} is in its ramp`);
  const ended = dying.signal('SIGKILL');
  const first = safeAfter(t, rig, ofDying, 'kill -9 of the controller in the ramp');
  await delay(3_000);
  equal(await ended, 'SIGKILL');
  ok(!isSafe(await rig.haproxy.weights(ofBroker)), 'the tier of the other controller goes on');
  await rig.broker.kill();
  await Promise.all([first, safeAfter(t, rig, ofBroker, 'kill -9 of the broker in the ramp')]);
}

async function commandsAreFast(t: TestContext, rig: Rig, tier: string): Promise<void> {
  const { commands, p50S, p99S } = controlLatency(await controlRecordsOf(rig.log, tier));
  t.diagnostic(`${tier}: end of a second to its command: ${p50S} s (p50), ${p99S} s (p99) of ${commands} commands`);
}

/** Every decision of the tier's controllers that changed something, for whoever reads a failure. */
async function storyOf(rig: Rig, tier: string): Promise<string> {
  const steps = await recordsOfTier(rig.log, 'instantdyno.loadtests.v1', tier);
  const told = steps.filter(
    ({ value: { action, rail } }) => !['nothing', 'idle'].includes(action) || rail !== undefined,
  );
  const lines = told.map(({ value: { timeMs, phase, action, reason, rail = '' } }) => {
    const time = new Date(timeMs).toISOString().slice(11, 23);
    return `  ${time} ${phase} ${action} ${rail}: ${reason}`;
  });
  return [`${tier}, last of ${steps.length} decisions:`, ...lines.slice(-15)].join('\n');
}

/** Also after all deaths: weights that changed were commanded, or their adapter says why it went back to safe ones. */
async function everyChangeIsExplained(rig: Rig, tier: string): Promise<void> {
  await until(`reports of the revert of ${tier} in the log`, 30_000, async () => {
    const reports = await recordsOfTier(rig.log, 'loadbalancer.applied.v1', tier);
    const raised = reports.findIndex(({ value }) => value.readback.some(({ weight }) => weight > 100));
    const reverted = reports.slice(raised).find(({ value }) => value.status.startsWith('reverted_'));
    return raised >= 0 && reverted !== undefined ? true : undefined;
  });
  const commands = await recordsOfTier(rig.log, 'loadbalancer.control.v1', tier);
  const reports = await recordsOfTier(rig.log, 'loadbalancer.applied.v1', tier);
  const findings = unexplained(
    reports.map(({ value }) => value),
    commands.map(({ value }) => value),
  );
  deepEqual(findings, []);
}
