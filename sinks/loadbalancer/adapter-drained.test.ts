import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import type { WeightCommand } from '../../schemas/weight-records.ts';
import { serverWeights } from '../../schemas/weight-state.ts';
import { AdapterWorld, type AdapterWorldOptions, type NamedWeights, named, plain } from './testing/adapter-world.ts';

const drained = { s1: 100, s2: 100, s3: 0 };
const raised = { s1: 120, s2: 100, s3: 100 };

/** A pool with a command that is alive, whose s3 an operator drains. */
async function drainedInTest(options: AdapterWorldOptions = {}): Promise<AdapterWorld> {
  const world = await AdapterWorld.started(options);
  equal((await world.send(world.command(raised))).status, 'applied');
  world.balancer.setByHand('s3', 0);
  world.reports.length = 0;
  return world;
}

const ends: [says: string, end: (world: AdapterWorld) => Promise<unknown>, status: string][] = [
  ['no command renews the last one', (world) => world.advance(10_000), 'reverted_expired'],
  [
    'the kill switch is engaged',
    (world) => {
      world.killFile = true;
      return world.advance(1_200);
    },
    'reverted_killed',
  ],
  ['the adapter starts again', (world) => world.restart(), 'reverted_restart'],
  ['the adapter stops', (world) => world.adapter.stop(), 'reverted_stopped'],
  ['a command reverts', (world) => world.send(world.command({}, { mode: 'revert' })), 'applied'],
];
for (const [says, end, status] of ends)
  test(`a drained server stays at 0 when ${says}; the others get their safe weights`, async () => {
    const world = await drainedInTest({ firstSafeWeights: { s1: 100, s2: 100, s3: 100 } });
    await end(world);
    const report = world.reports.find((one) => one.status === status)!;
    deepEqual([world.weights, plain(report.after), plain(report.readback)], [drained, drained, drained]);
  });

test('a drained server is where it should be: nothing is written for it, no revert is tried again, its drain is told once', async () => {
  const world = await AdapterWorld.started();
  let writes = 0;
  world.onWrite = () => writes++;
  world.balancer.setByHand('s3', 0);
  await world.advance(1_000);
  await world.restart();
  await world.advance(5_000);
  deepEqual([writes, world.statuses, world.weights], [0, ['observed', 'reverted_restart', 'observed'], drained]);
});

test('a server that is drained while safe weights are written is left at 0 by the next attempt', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(raised));
  world.balancer.onChange = () => {
    world.balancer.onChange = () => {};
    world.balancer.setByHand('s3', 0);
  };
  await world.advance(10_200);
  deepEqual([world.weights, world.reports.at(-1)?.status], [drained, 'reverted_expired']);
});

const commands: [says: string, weights: NamedWeights, over: Partial<WeightCommand>, answer: RegExp][] = [
  ['leaves a drained server at 0', { s1: 120, s2: 100, s3: 0 }, {}, /^applied/],
  ['goes to safe and leaves a drained server at 0', drained, {}, /^applied/],
  ['freezes a pool with a drained server', {}, { mode: 'freeze' }, /^applied/],
  ['raises a drained server to its safe weight', raised, {}, /^rejected_rails s3 has weight 0: an operator drained it/],
  ['raises a drained server to 1', { ...drained, s3: 1 }, {}, /^rejected_rails s3 .* has to stay at 0 .* have 1\.$/],
  ['drains another server', { s1: 120, s2: 0, s3: 0 }, {}, /^rejected_rails The weight 0 of s2 is not a whole number/],
  [
    'names a safe weight for a drained server',
    { s1: 120, s2: 100, s3: 0 },
    { safeWeights: serverWeights(named(raised)) },
    /^rejected_rails Of its safe weights: s3 has weight 0/,
  ],
];
for (const [says, weights, over, answer] of commands)
  test(`a command that ${says} is answered ${answer.source.slice(1, 60)}`, async () => {
    const world = await drainedInTest();
    const { status, reason } = await world.send(world.command(weights, over));
    match(`${status} ${reason}`, answer);
    equal(world.weights['s3'], 0);
  });

test('while killed, the way to safe is open beside a drained server', async () => {
  const world = await AdapterWorld.started();
  world.balancer.setByHand('s3', 0);
  world.balancer.setByHand('s1', 150);
  world.killFile = true;
  await world.advance(1_200);
  world.balancer.setByHand('s1', 150);
  equal((await world.send(world.command({ ...drained, s1: 150 }))).status, 'rejected_killed');
  equal((await world.send(world.command(drained))).status, 'applied');
});

test('a server that is no longer drained is told and left alone until the next way to safe, which has its safe weight', async () => {
  const world = await AdapterWorld.started({ firstSafeWeights: { s1: 100, s2: 100, s3: 90 } });
  world.balancer.setByHand('s3', 0);
  const named0 = { s1: 105, s2: 100, s3: 0 };
  const safeWeights = serverWeights(named(named0));
  equal((await world.send(world.command(named0, { mode: 'steady', safeWeights }))).status, 'applied');
  await world.advance(11_000);
  deepEqual(world.weights, named0);
  world.balancer.setByHand('s3', 40);
  world.reports.length = 0;
  await world.advance(1_000);
  deepEqual([world.statuses, world.weights], [['observed'], { ...named0, s3: 40 }]);
  await world.send(world.command({}, { mode: 'revert' }));
  deepEqual(world.weights, { ...named0, s3: 90 });
});

test('a configuration that says 0 drains no server that an operator has put to use', async () => {
  const world = await AdapterWorld.started({ configured: drained });
  world.balancer.setByHand('s3', 50);
  await world.restart();
  deepEqual(world.weights, { ...drained, s3: 50 });
});
