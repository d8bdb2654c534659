import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { AdapterWorld, plain } from './testing/adapter-world.ts';

const safe = { s1: 100, s2: 100, s3: 100 };
const raised = { s1: 150, s2: 100, s3: 100 };

test('an adapter that starts restores safe weights first, reports it with the command that had been written, then observed', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(raised));
  world.reports.length = 0;
  await world.restart();
  deepEqual(world.weights, safe);
  deepEqual(world.statuses, ['reverted_restart', 'observed']);
  const [reverted] = world.reports;
  deepEqual([reverted?.commandId, plain(reverted!.before), plain(reverted!.readback)], ['c1', raised, safe]);
});

test('fencing survives a kill -9: the disk knows the highest (epoch, seq)', async () => {
  const world = await AdapterWorld.started();
  const first = world.command(raised, { epoch: 3 });
  const second = world.command(safe, { epoch: 3 });
  await world.send(second);
  await world.restart();
  await world.advance(200);
  equal((await world.send(first)).status, 'rejected_fenced');
  equal((await world.send(second)).status, 'duplicate');
  equal((await world.send(world.command(raised, { epoch: 3 }))).status, 'applied');
});

test('what a damaged disk knew of fencing is waited out: no command for 10 s', async () => {
  const world = await AdapterWorld.started();
  world.disk.tear();
  await world.restart();
  equal((await world.send(world.command(raised))).status, 'rejected_fenced');
  await world.advance(9_800);
  equal((await world.send(world.command(raised))).status, 'rejected_fenced');
  await world.advance(200);
  equal((await world.send(world.command(raised))).status, 'applied');
});

test('a command whose (epoch, seq) cannot be kept on disk is rejected, and safe weights are restored without a disk', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(raised));
  world.disk.fails = true;
  equal((await world.send(world.command(safe))).status, 'rejected_disk');
  await world.advance(10_000);
  deepEqual(world.weights, safe);
});

test('the kill file restores safe weights within a second without controller and log, and nothing is taken while it is there', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(raised));
  world.topicKilled = undefined;
  world.killFile = true;
  await world.advance(1_000);
  deepEqual([world.weights, world.reports.at(-1)?.status], [safe, 'reverted_killed']);
  equal((await world.send(world.command(raised))).status, 'rejected_killed');
  equal((await world.send(world.command(safe))).status, 'applied');
  world.killFile = false;
  world.topicKilled = false;
  await world.advance(1_000);
  equal((await world.send(world.command(raised))).status, 'applied');
});

test('the kill switch of the topic restores safe weights at once and stays engaged when the topic falls silent', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(raised));
  await world.adapter.onKillSwitch({ engaged: true, atMs: world.clock.monotonicMs() });
  deepEqual(world.weights, safe);
  world.topicKilled = undefined;
  await world.advance(60_000);
  equal((await world.send(world.command(raised))).status, 'rejected_killed');
});

test('an older word of the topic does not undo a newer one', async () => {
  const world = await AdapterWorld.started();
  const nowMs = world.clock.monotonicMs();
  await world.adapter.onKillSwitch({ engaged: true, atMs: nowMs });
  await world.adapter.onKillSwitch({ engaged: false, atMs: nowMs - 1 });
  equal((await world.send(world.command(raised))).status, 'rejected_killed');
});

test('a kill switch not heard of for more than 5 s forbids raises, not renewals nor the way to safe', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(raised));
  world.topicKilled = undefined;
  await world.advance(5_000);
  equal((await world.send(world.command({ ...raised, s1: 160 }))).status, 'applied');
  await world.advance(200);
  equal((await world.send(world.command({ ...raised, s1: 170 }))).status, 'rejected_kill_unknown');
  equal((await world.send(world.command({ ...raised, s1: 160 }))).status, 'applied');
  equal((await world.send(world.command({ ...raised, s1: 120 }))).status, 'applied');
});

test('while killed, lowering one server alone is no way to safe: it raises the share of the others', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command({ s1: 180, s2: 180, s3: 10 }));
  world.topicKilled = undefined;
  await world.advance(5_200);
  const oneAlone = world.command({ s1: 100, s2: 180, s3: 10 });
  equal((await world.send(oneAlone)).status, 'rejected_kill_unknown');
});

test('a reload in the middle of a test is noticed within a second, its renewal rejected, and it ends in safe weights', async () => {
  const world = await AdapterWorld.started({ firstSafeWeights: { s1: 110, s2: 100, s3: 90 } });
  const renewal = { s1: 150, s2: 100, s3: 90 };
  await world.send(world.command(renewal));
  const command = world.command(renewal);
  world.balancer.reload();
  await world.advance(1_000);
  const seen = world.reports.at(-1)!;
  deepEqual([seen.status, plain(seen.before), plain(seen.readback)], ['observed', renewal, safe]);
  equal((await world.send(command)).status, 'rejected_state');
  await world.advance(9_000);
  deepEqual([world.weights, world.reports.at(-1)?.status], [{ s1: 110, s2: 100, s3: 90 }, 'reverted_expired']);
});

test("without a live command somebody's change is reported and left alone", async () => {
  const world = await AdapterWorld.started();
  world.balancer.setByHand('s1', 7);
  await world.advance(5_000);
  deepEqual([world.statuses, world.weights], [['observed'], { ...safe, s1: 7 }]);
});

test('a half-written change is a mismatch, and safe weights are restored', async () => {
  const world = await AdapterWorld.started();
  world.balancer.faults.push(undefined, 'half_written');
  await world.adapter.onCommand(world.command({ s1: 150, s2: 100, s3: 60 }), 0);
  deepEqual(world.weights, safe);
  const [mismatch, reverted] = world.reports;
  deepEqual([mismatch?.status, plain(mismatch!.readback)], ['readback_mismatch', { s1: 150, s2: 100, s3: 100 }]);
  deepEqual([reverted?.status, reverted?.commandId], ['reverted_mismatch', mismatch?.commandId]);
});

test('a lost answer to a write that was done is no mismatch: the read-back counts', async () => {
  const world = await AdapterWorld.started();
  world.balancer.faults.push(undefined, 'answer_lost');
  equal((await world.send(world.command(raised))).status, 'applied');
});

test('a balancer that is away when the weights expire gets its safe weights when it is back', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(raised));
  await world.advance(9_800);
  world.reports.length = 0;
  world.balancer.faults.push(...Array<'refused'>(20).fill('refused'));
  await world.advance(2_000);
  equal((await world.send(world.command(raised))).status, 'rejected_reverting');
  await world.advance(3_000);
  deepEqual(world.weights, safe);
  deepEqual(world.statuses, ['observed', 'rejected_reverting', 'reverted_expired']);
});

test('a command is rejected while the balancer does not answer', async () => {
  const world = await AdapterWorld.started();
  world.balancer.faults.push('refused');
  equal((await world.send(world.command(raised))).status, 'rejected_balancer');
});

test('an adapter that stops restores safe weights, says observed, and takes nothing any more', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command(raised));
  world.reports.length = 0;
  await world.adapter.stop();
  deepEqual([world.weights, world.statuses], [safe, ['reverted_stopped', 'observed']]);
  equal((await world.send(world.command(raised))).status, 'rejected_stopping');
  deepEqual(world.weights, safe);
});

test('a balancer that changes at most once a minute rejects the second change, and is reverted at any time', async () => {
  const limits = { changeEveryMs: 60_000, modes: ['steady' as const, 'revert' as const] };
  const world = await AdapterWorld.started({ limits });
  equal((await world.send(world.command(raised, { mode: 'test' }))).status, 'rejected_mode');
  equal((await world.send(world.command(raised, { mode: 'steady' }))).status, 'applied');
  await world.advance(2_000);
  equal((await world.send(world.command({ ...raised, s1: 155 }, { mode: 'steady' }))).status, 'rejected_rate');
  equal((await world.send(world.command(raised, { mode: 'steady' }))).status, 'applied');
  equal((await world.send(world.command({}, { mode: 'revert' }))).status, 'applied');
  await world.advance(60_000);
  equal((await world.send(world.command(raised, { mode: 'steady' }))).status, 'applied');
});
