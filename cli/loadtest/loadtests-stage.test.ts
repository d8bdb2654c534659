import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { QueuedTier } from './testing/queued-tier.ts';
import { StagedTier } from './testing/staged-tier.ts';

const queued = () => new QueuedTier({ generation: 'NHM', seed: 9 });
const started = () => StagedTier.started(queued());

test('a tier is tested when it is due and its hosts are known for 15 minutes, and its capacity is published', async () => {
  const staged = await started();
  await staged.seconds(60);
  ok(staged.last.reason.startsWith('did nothing, because'), staged.last.reason);
  staged.request();
  for (let s = 0; s < 2_000 && staged.steps.every(({ ended }) => ended === undefined); s++) await staged.second();
  const begun = staged.steps.find(({ action }) => action === 'start')!;
  ok(begun.timeMs - queued().startMs >= 900_000, 'a build that was just seen bakes');
  const { ended } = staged.steps.find((step) => step.ended !== undefined)!;
  equal(ended!.outcome, 'found', ended!.reason);
  ok(Math.abs(ended!.lambda100! / 48 - 1) < 0.05, `${ended!.lambda100}`);
  equal(ended!.panelHosts, 8);
  await staged.seconds(60);
  ok(!staged.isRaised);
  deepEqual(staged.last.phase, 'cooldown');
});

test('killed in the middle of a test: its successor takes the load back under a newer lease, and remembers', async () => {
  const staged = await started();
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  ok(staged.isRaised);
  const { epoch } = staged.last;
  staged.restart();
  await staged.seconds(2);
  equal(staged.last.epoch, epoch + 1);
  const { ended, rail } = staged.steps.findLast((step) => step.ended !== undefined)!;
  deepEqual([ended?.outcome, rail], ['aborted', 'takeover']);
  await staged.seconds(2);
  ok(!staged.isRaised);
});

test('stopped in order in the middle of a test: load is taken back at once, and its successor tests again', async () => {
  const staged = await started();
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  await staged.stopAndRestart();
  deepEqual([staged.steps.at(-1)?.ended?.outcome, staged.steps.at(-1)?.rail], ['stopped', 'shutdown']);
  const { length } = staged.steps;
  await staged.seconds(60);
  ok(!staged.isRaised);
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  deepEqual(
    staged.steps.slice(length).flatMap(({ action }) => (action === 'start' || action === 'raise' ? [action] : [])),
    ['start', 'raise'],
  );
});

test('a request to stop ends a test, and the kill switch freezes the tier', async () => {
  const staged = await started();
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  staged.request({ action: 'stop', reason: 'enough' });
  await staged.second();
  equal(staged.steps.findLast((step) => step.ended !== undefined)?.ended?.reason, 'somebody: enough');
  staged.killSwitch = true;
  await staged.second();
  deepEqual([staged.last.action, staged.last.rail], ['freeze', 'kill_switch']);
});

test('after a stop nothing that is due begins for half an hour, over a restart too; then it does', async () => {
  const hosts = queued();
  const staged = await StagedTier.started(hosts, ['bake_minutes: 1']);
  await staged.seconds(70);
  staged.request();
  for (let s = 0; s < 200 && !staged.isRaised; s++) await staged.second();
  staged.request({ action: 'stop', reason: 'an incident', timeMs: staged.wallMs - 3_600_000 });
  await staged.second();
  const stoppedMs = staged.wallMs;
  const until = new Date(stoppedMs + 1_800_000).toISOString();
  const words = `tests are stopped until ${until} (somebody: an incident); "loadtest start" ends that`;
  const record = staged.steps.findLast(({ action }) => action === 'nothing')!;
  deepEqual([record.reason, record.rail, record.phase], [words, 'stopped', 'ramp']);
  await staged.seconds(40);
  match(staged.last.reason, /^cooling down for another \d+ s; tests are stopped until /);
  hosts.build = 'b2';
  staged.restart();
  await staged.seconds(120);
  deepEqual([staged.last.reason, staged.last.rail], [`did nothing, because ${words}`, 'stopped']);
  while (staged.last.phase === 'idle' && staged.wallMs < stoppedMs + 2_400_000) await staged.second();
  equal(staged.wallMs, stoppedMs + 1_800_000, 'a new build that has baked is due at once');
  equal(staged.last.phase, 'baseline');
});

test('a stop holds a tier that is idle too, takes back what was asked for, and a start ends it', async () => {
  const staged = await StagedTier.started(queued(), ['bake_minutes: 1']);
  await staged.seconds(5);
  staged.request();
  staged.request({ action: 'stop' });
  await staged.seconds(100);
  deepEqual([staged.last.phase, staged.last.rail, staged.kept?.asked], ['idle', 'stopped', undefined]);
  staged.request();
  await staged.seconds(2);
  equal(staged.last.phase, 'baseline', staged.last.reason);
});

test('a server that somebody drains ends a test in these words; it stays at 0, the others are safe, nothing is tried again', async () => {
  const staged = await StagedTier.started(queued(), ['bake_minutes: 1']);
  await staged.seconds(70);
  staged.request();
  for (let s = 0; s < 200 && !staged.isRaised; s++) await staged.second();
  const { balancer } = staged.adapter;
  const [drained] = [...balancer.weights].find(([, weight]) => weight > 100)!;
  balancer.setByHand(drained, 0);
  const { length } = staged.steps;
  await staged.seconds(5);
  const [ended] = staged.ended;
  deepEqual(
    [ended?.outcome, ended?.reason],
    ['aborted', `somebody drained ${drained} of web-pool during the test: weight 0`],
  );
  await staged.seconds(300);
  const commanded = staged.steps.slice(length).filter(({ commandSeq }) => commandSeq !== undefined);
  ok(commanded.length <= 3, `${commanded.length} commands`);
  ok([...balancer.weights].every(([server, weight]) => weight === (server === drained ? 0 : 100)));
  deepEqual([staged.last.phase, staged.ended.length], ['cooldown', 1], 'half an hour');
});

test('a deploy on the tier ends a test, though no host of its panel has the new build', async () => {
  const hosts = queued();
  const staged = await StagedTier.started(hosts);
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  hosts.build = 'b2';
  await staged.seconds(2);
  const { ended, rail } = staged.steps.findLast((step) => step.ended !== undefined)!;
  deepEqual([ended?.outcome, rail], ['aborted', 'bake']);
});

test('a failover that somebody tells of ends a test, and holds the next one for bake_minutes', async () => {
  const staged = await StagedTier.started(queued(), ['bake_minutes: 5']);
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  staged.request({ action: 'disturbance', what: 'failover', reason: 'the east is away' });
  await staged.second();
  const { ended, rail } = staged.steps.findLast((step) => step.ended !== undefined)!;
  deepEqual(
    [ended?.outcome, ended?.reason, rail],
    ['aborted', 'failover during the test (somebody: the east is away)', 'bake'],
  );
  await staged.seconds(95);
  ok(!staged.isRaised);
  staged.request();
  await staged.seconds(100);
  deepEqual([staged.last.phase, staged.last.rail], ['idle', 'bake'], staged.last.reason);
  await staged.seconds(120);
  equal(staged.last.phase, 'baseline', staged.last.reason);
});

test('a tier is not tested while a neighbour is, nor within bake_minutes of it, nor while that is not known', async () => {
  const staged = await StagedTier.started(queued(), ['neighbours: [feed]', 'bake_minutes: 1']);
  const told = (sinceMs: number | undefined, lastMs: number | undefined): void => {
    staged.neighbours = [{ tier: 'feed', sinceMs, lastMs }];
  };
  const plan = () => staged.last.reason;
  await staged.seconds(70);
  staged.request();
  await staged.seconds(10);
  equal(plan(), 'did nothing, because it is not known what tests of feed do');
  told(staged.wallMs, staged.wallMs);
  await staged.seconds(20);
  equal(plan(), 'did nothing, because a test of its neighbour feed runs');
  told(undefined, staged.wallMs);
  await staged.seconds(50);
  match(plan(), /^did nothing, because a test of its neighbour feed ended \d+ s ago; 60 s are waited$/);
  await staged.seconds(20);
  equal(staged.last.phase, 'baseline', plan());

  told(staged.wallMs - 60_000, staged.wallMs);
  await staged.second();
  const [ended] = staged.ended;
  deepEqual([ended?.outcome, ended?.reason], ['aborted', 'a test of its neighbour feed began before this one']);
  ok(!staged.isRaised);
  deepEqual(staged.kept?.results, [], 'it gave way, and is as due as before');
  told(undefined, staged.wallMs);
  staged.request();
  await staged.seconds(110);
  deepEqual([staged.last.phase, staged.ended.length], ['baseline', 1]);
});

test('after its own test a tier lets its neighbours go first', async () => {
  const staged = await StagedTier.started(queued(), ['neighbours: [feed]', 'bake_minutes: 15', 'refresh_h: 1']);
  staged.neighbours = [{ tier: 'feed', sinceMs: undefined, lastMs: undefined }];
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  await staged.stopAndRestart();
  await staged.seconds(120);
  match(staged.last.reason, /^did nothing, because its neighbours may go first for another \d+ s$/);
});

test('a tier of dry runs says what it would test and command, and moves no weight', async () => {
  const staged = await StagedTier.started(queued(), ['dry_run: true', 'bake_minutes: 0']);
  staged.request();
  for (let s = 0; s < 20; s++) {
    await staged.second();
    ok(!staged.isRaised);
  }
  const [ended] = staged.ended;
  deepEqual(
    [ended?.outcome, ended?.reason, ended?.panelHosts, ended?.lambda100],
    ['dry_run', 'dry run: the adapter would have set these weights', 8, undefined],
  );
  const said = staged.steps.find(({ commandSeq }) => commandSeq !== undefined)!;
  match(said.reason, /^dry run: 8 hosts of NHM on build b1 in web-pool would be tested; highest weights h\d+ 200, /);
  equal(staged.ended.length, 1);
});

test('a test that somebody asked for two hours ago is not begun: a record says so', async () => {
  const staged = await started();
  await staged.seconds(20);
  staged.request({ timeMs: staged.wallMs - 7_200_000 });
  await staged.seconds(30);
  const said = staged.steps.filter(({ reason }) => reason.includes('asked for 120 minutes ago'));
  deepEqual([said.length, staged.kept?.asked, staged.last.phase], [1, undefined, 'idle']);
});

test('an ask is not lost when the controller is killed before it could begin', async () => {
  const staged = await StagedTier.started(queued(), ['bake_minutes: 1']);
  await staged.seconds(5);
  staged.request({ action: 'disturbance', what: 'failover', reason: 'the east is away' });
  await staged.second();
  staged.request();
  await staged.seconds(5);
  staged.restart();
  await staged.seconds(90);
  equal(staged.last.phase, 'baseline', staged.last.reason);
});
