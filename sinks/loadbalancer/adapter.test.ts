import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import type { WeightCommand } from '../../schemas/weight-records.ts';
import { stateHashOf } from '../../schemas/weight-state.ts';
import { AdapterWorld, type NamedWeights, named, plain } from './testing/adapter-world.ts';

const safe = { s1: 100, s2: 100, s3: 100 };
const test1 = { s1: 150, s2: 100, s3: 100 };

test('a good command is written, read back and reported with the weights before, wanted and read back', async () => {
  const world = await AdapterWorld.started();
  const command = world.command({ s1: 150, s2: 40, s3: 100 });
  const applied = await world.send(command);
  deepEqual(world.weights, { s1: 150, s2: 40, s3: 100 });
  deepEqual(
    [applied.status, plain(applied.before), plain(applied.after), plain(applied.readback)],
    ['applied', safe, { s1: 150, s2: 40, s3: 100 }, { s1: 150, s2: 40, s3: 100 }],
  );
  deepEqual([applied.epoch, applied.seq, applied.commandId, applied.runId], [1, 1, 'c1', 'run-1']);
  equal(applied.stateHash, stateHashOf(world.balancer.weights));
});

test('what a driver does not know of its read-back stands in every report that has one', async () => {
  const world = await AdapterWorld.started();
  world.balancer.doubt = 'Read from its file: what the balancer uses is not told.';
  const said = async (weights: NamedWeights): Promise<string> => (await world.send(world.command(weights))).reason;
  equal(await said(test1), 'Written and read back. Read from its file: what the balancer uses is not told.');
  match(await said({ ...safe, s1: 257 }), /256\. Read from its file: what the balancer uses is not told\.$/);
  world.balancer.doubt = undefined;
  equal(await said(test1), 'The weights stand; the time is renewed.');
});

const rejected: [says: string, weights: NamedWeights, over: Partial<WeightCommand>, status: string][] = [
  ['an epoch older than the highest seen', test1, { epoch: 0, seq: 99 }, 'rejected_fenced'],
  ['a hash of another state', test1, { expectStateHash: 'feedfeedfeedfeed' }, 'rejected_state'],
  ['no hash', test1, { expectStateHash: '' }, 'rejected_state'],
  ['a time to live longer than the rail', test1, { ttlMs: 10_001 }, 'rejected_rails'],
  ['no time to live', test1, { ttlMs: 0 }, 'rejected_rails'],
  ['a weight above 256', { ...safe, s1: 257 }, {}, 'rejected_rails'],
  ['a weight of 0, which is for operators', { ...safe, s1: 0 }, {}, 'rejected_rails'],
  ['a weight that is no whole number', { ...safe, s1: 100.5 }, {}, 'rejected_rails'],
  ['a share of more than twice the safe share', { s1: 205, s2: 50, s3: 50 }, {}, 'rejected_rails'],
  ['a server without a weight', { s1: 150, s2: 100 }, {}, 'rejected_servers'],
  ['a server that the pool has not', { ...test1, s4: 100 }, {}, 'rejected_servers'],
  ['a mode that nobody knows', test1, { mode: 'boost' }, 'rejected_mode'],
  ['safe weights that break a rail', test1, { safeWeights: [{ server: 's1', weight: 300 }] }, 'rejected_servers'],
];
for (const [says, weights, over, status] of rejected)
  test(`${says} is ${status}, and the balancer stays as it is`, async () => {
    const world = await AdapterWorld.started();
    await world.send(world.command(safe));
    equal((await world.send(world.command(weights, over))).status, status);
    deepEqual(world.weights, safe);
  });

test('a server named twice is rejected', async () => {
  const world = await AdapterWorld.started();
  const command = world.command(test1);
  const twice = { ...command, weights: [...command.weights, command.weights[0]!] };
  equal((await world.send(twice)).status, 'rejected_servers');
});

test('the largest share is a rail of its own', async () => {
  const world = await AdapterWorld.started({ rails: { largestShareRatio: 0.4 } });
  const { status, reason } = await world.send(world.command(test1));
  equal(status, 'rejected_rails');
  match(reason, /s1 would have 42.9 % of the pool's weight, at most 40 % is allowed/);
});

test('with too few healthy servers nothing is raised and nothing renewed', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(test1));
  world.balancer.setHealthy('s3', false);
  equal((await world.send(world.command(test1))).status, 'rejected_rails');
  equal((await world.send(world.command(safe))).status, 'applied');
});

test('the same (epoch, seq) again is a duplicate and does nothing, also after a rejection', async () => {
  const world = await AdapterWorld.started();
  const command = world.command(test1);
  equal((await world.send(command)).status, 'applied');
  equal((await world.send(command)).status, 'duplicate');
  const bad = world.command(safe, { expectStateHash: 'x' });
  equal((await world.send(bad)).status, 'rejected_state');
  equal((await world.send({ ...bad, expectStateHash: stateHashOf(world.balancer.weights) })).status, 'duplicate');
  deepEqual(world.weights, test1);
});

test('a rejected command of a newer epoch fences the older one all the same', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(test1, { epoch: 2, expectStateHash: 'x' }));
  equal((await world.send(world.command(test1))).status, 'rejected_fenced');
});

test('a higher seq with equal weights renews the time and writes nothing', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(test1));
  let writes = 0;
  world.balancer.onChange = () => writes++;
  for (let i = 0; i < 10; i++) {
    await world.advance(2_000);
    equal((await world.send(world.command(test1))).status, 'applied');
  }
  equal(writes, 0);
  deepEqual(world.weights, test1);
});

test('a command expires exactly at its time to live by the monotonic clock, whatever the wall clock does', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(test1));
  world.wallJumpMs = 3_600_000;
  await world.clock.advance(9_999);
  await world.adapter.tick();
  deepEqual(world.weights, test1);
  world.wallJumpMs = -3_600_000;
  await world.clock.advance(1);
  await world.adapter.tick();
  deepEqual(world.weights, safe);
  const last = world.reports.at(-1)!;
  deepEqual([last.status, last.commandId, plain(last.before)], ['reverted_expired', 'c1', test1]);
});

test('the time on the way counts: of 10 s the log took 4 s, 6 s are left', async () => {
  const world = await AdapterWorld.started();
  equal((await world.send(world.command(test1), 4_000)).status, 'applied');
  await world.advance(5_800);
  deepEqual(world.weights, test1);
  await world.advance(200);
  deepEqual(world.weights, safe);
});

const ages: [ageMs: number, status: string][] = [
  [9_999, 'applied'],
  [10_000, 'rejected_expired'],
  [Number.POSITIVE_INFINITY, 'rejected_expired'],
];
for (const [ageMs, status] of ages)
  test(`a command that is ${ageMs} ms old of 10 s is ${status}`, async () => {
    const world = await AdapterWorld.started();
    equal((await world.send(world.command(test1), ageMs)).status, status);
  });

test('what moves load and was decided more than 5 s before it came into the log has expired; what does not is taken', async () => {
  const world = await AdapterWorld.started();
  const raised = { s1: 120, s2: 100, s3: 100 };
  equal((await world.send(world.command(raised), 0, 5_001)).status, 'rejected_expired');
  equal((await world.send(world.command(raised), 0, 5_000)).status, 'applied');
  equal((await world.send(world.command(raised), 0, 60_000)).status, 'applied');
  equal((await world.send(world.command({ s1: 130, s2: 100, s3: 100 }), 0, 60_000)).status, 'rejected_expired');
  equal((await world.send(world.command({ s1: 100, s2: 100, s3: 100 }), 0, 60_000)).status, 'applied');
});

test('a command that expires while the balancer is slow to answer is not written', async () => {
  let slow = false;
  const world: AdapterWorld = await AdapterWorld.started({
    answerAfter: async () => {
      if (slow) await world.clock.advance(700);
    },
  });
  slow = true;
  equal((await world.send(world.command(test1), 9_400)).status, 'rejected_expired');
  deepEqual(world.weights, safe);
});

test('a dry run is checked and reported, and the balancer is not written', async () => {
  const world = await AdapterWorld.started();
  const answer = await world.send(world.command(test1, { dryRun: true }));
  deepEqual([answer.status, plain(answer.after), plain(answer.readback)], ['dry_run', test1, safe]);
  equal((await world.send(world.command({ ...safe, s1: 999 }, { dryRun: true }))).status, 'rejected_rails');
});

test("mode revert writes the adapter's own safe weights, whatever the hash and the weights say", async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(test1));
  const answer = await world.send(world.command({ s1: 7 }, { mode: 'revert', expectStateHash: '' }));
  deepEqual([answer.status, plain(answer.readback)], ['applied', safe]);
  await world.advance(30_000);
  equal(world.statuses.includes('reverted_expired'), false);
});

test('mode freeze holds what stands and then expires as any other', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(test1));
  await world.advance(8_000);
  equal((await world.send(world.command({}, { mode: 'freeze' }))).status, 'applied');
  await world.advance(9_800);
  deepEqual(world.weights, test1);
  await world.advance(200);
  deepEqual(world.weights, safe);
});

test('safe weights of an accepted command are where expiry leads from then on, after a restart too', async () => {
  const steady = { s1: 110, s2: 100, s3: 95 };
  const world = await AdapterWorld.started();
  const safeWeights = Object.entries(steady).map(([server, weight]) => ({ server, weight }));
  await world.send(world.command(steady, { mode: 'steady', safeWeights }));
  await world.send(world.command({ ...steady, s1: 180 }));
  await world.advance(10_000);
  deepEqual(world.weights, steady);
  world.balancer.reload();
  await world.restart();
  deepEqual(world.weights, steady);
});

test('one who waits for the state hash gets it every 10 s', async () => {
  const world = await AdapterWorld.started();
  await world.advance(30_000);
  deepEqual(world.statuses, ['observed', 'observed', 'observed']);
  equal(world.reports[0]?.stateHash, stateHashOf(named(safe)));
});
