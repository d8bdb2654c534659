import { deepEqual, doesNotMatch, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { partitionOf } from '../../log/partitioner.ts';
import { SimulatedCluster } from '../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../log/simulated/groups.ts';
import { MemberLog } from '../../log/simulated/member-log.ts';
import { type AvroTopic, avroTopics, codecOf, subjectOf } from '../../schemas/codec.ts';
import type { LoadTestRequest, LoadTestStep } from '../../schemas/load-test-records.ts';
import { samples } from '../../schemas/testing/samples.ts';
import { KillSwitches } from '../system/kill-switches.ts';
import { loadtestRequestIn } from './loadtest-request.ts';
import { loadtestDone } from './loadtest-write.ts';
import { steeredTiersIn } from './steered-tiers.ts';

const partitions = 4;
const tier = { tier: 'web', pools: [{ name: 'north', balancer: 'haproxy' as const }] };

/** A log and a registry in memory; time goes on while something is under way. */
class WriteWorld {
  readonly clock = new VirtualClock();
  readonly cluster = new SimulatedCluster({ clock: this.clock, random: new Random(1) });
  readonly log = new MemberLog(this.cluster, new SimulatedGroups(this.cluster));
  readonly registry = {
    register: async (subject: string) => 1 + avroTopics.findIndex((topic) => subjectOf(topic) === subject),
    schemaById: async (id: number) => avroTopics[id - 1] && codecOf(avroTopics[id - 1]!).schemaJson,
  };

  constructor() {
    for (const name of avroTopics)
      this.cluster.createTopic({ name, partitions: name === 'loadbalancer.killswitch.v1' ? 1 : partitions });
  }

  async during<T>(work: Promise<T>, forMs = 500): Promise<T> {
    work.catch(() => {});
    await this.clock.advance(forMs);
    return work;
  }

  asks(body: object, steeredTiers?: readonly string[]) {
    const { log, registry, clock } = this;
    return this.during(loadtestDone({ log, registry, clock, steeredTiers }, { by: 'somebody', ...body }));
  }

  async values<T extends AvroTopic>(topic: T): Promise<unknown[]> {
    const codec = codecOf(topic);
    codec.addSchema(await this.registry.register(subjectOf(topic)), codec.schemaJson);
    const read = async () => {
      const found: unknown[] = [];
      for (let partition = 0; partition < partitions; partition++) {
        if (topic === 'loadbalancer.killswitch.v1' && partition > 0) break;
        for await (const batch of this.log.read({ topic, partition }))
          for (let at = 0; at < batch.count; at++) found.push([partition, codec.decode(batch.values.at(at)!)]);
      }
      return found;
    };
    return this.during(read());
  }

  async step(over: Partial<LoadTestStep>): Promise<void> {
    const topic = 'instantdyno.loadtests.v1';
    const step = { ...samples[topic], ended: undefined, ...over };
    const value = codecOf(topic).encode(step, await this.registry.register(subjectOf(topic)));
    const record = { topic, partition: partitionOf(step.tier, partitions), key: Buffer.from(step.tier), value };
    await this.during(this.log.producer().then((producer) => producer.send([record])));
  }
}

test('a test that is asked for is in the partition of its tier, with who asked and why', async () => {
  const world = new WriteWorld();
  const { says } = await world.asks({ action: 'start', tier: 'web', generation: 'NHM', reason: 'a new kernel' });
  match(says, /^A test is asked for: web\./);
  const [[partition, request]] = (await world.values('instantdyno.loadtest-requests.v1')) as [[number, object]];
  equal(partition, partitionOf('web', partitions));
  const { timeMs: _, ...said } = request as { timeMs: number };
  const asked = { tier: 'web', action: 'start', generation: 'NHM', what: undefined, reason: 'a new kernel' };
  deepEqual(said, { ...asked, requestedBy: 'somebody' });
});

test('a stop says for how long it holds the tier, and what ends that', async () => {
  const { says } = await new WriteWorld().asks({ action: 'stop', tier: 'web' }, ['web']);
  equal(
    says,
    'A test is to end, and none to begin for 30 minutes unless start asks for one: web. "dynoscope loadtest status web" says what becomes of it.',
  );
});

test('a failover is told in the partition of its tier', async () => {
  const world = new WriteWorld();
  const { says } = await world.asks({ action: 'disturb', tier: 'web', what: 'failover', reason: 'the east is away' });
  match(says, /^A test is to end, and none to begin for bake_minutes: web\./);
  const [[partition, request]] = (await world.values('instantdyno.loadtest-requests.v1')) as [
    [number, LoadTestRequest],
  ];
  equal(partition, partitionOf('web', partitions));
  deepEqual([request.action, request.what, request.reason], ['disturbance', 'failover', 'the east is away']);
});

test('the kill switch is heard by who steers; unknown before it was looked at, and older and older while the log is away', async () => {
  const world = new WriteWorld();
  let isAway = false;
  const { log, registry, clock } = world;
  const topicState: typeof log.topicState = async (topic) => {
    if (isAway) throw new Error('the log is away');
    return log.topicState(topic);
  };
  const read: typeof log.read = (partition, from) => log.read(partition, from);
  const switches = new KillSwitches({ log: { topicState, read }, registry, clock });
  equal(switches.stateOf(tier), undefined);
  switches.start();
  await world.clock.advance(1_000);
  equal(switches.stateOf(tier)?.on, false);
  await world.asks({ action: 'kill', scope: 'pool:south' });
  await world.clock.advance(1_000);
  equal(switches.stateOf(tier)?.on, false);
  await world.asks({ action: 'kill', scope: 'tier:web' });
  await world.clock.advance(1_000);
  equal(switches.stateOf(tier)?.on, true);
  await world.asks({ action: 'unkill', scope: 'tier:web' });
  await world.clock.advance(1_000);
  equal(switches.stateOf(tier)?.on, false);
  isAway = true;
  await world.clock.advance(10_000);
  const { on, ageMs } = switches.stateOf(tier)!;
  equal(on, false);
  ok(ageMs >= 10_000 && ageMs <= 10_600, `${ageMs} ms`);
  await world.during(switches.stop(), 5_000);
});

test('status is the newest decision of each tier, or of one', async () => {
  const world = new WriteWorld();
  for (const name of ['web', 'feed', 'web']) await world.step({ tier: name, reason: `${name} ${world.clock.nowMs()}` });
  const { tiers } = await world.asks({ action: 'status' });
  deepEqual(
    tiers.map(({ tier: name }) => name),
    ['feed', 'web'],
  );
  const newest = tiers[1]!.reason;
  deepEqual(
    (await world.asks({ action: 'status', tier: 'web' })).tiers.map(({ reason }) => reason),
    [newest],
  );
  deepEqual((await world.asks({ action: 'status', tier: 'nobody' })).tiers, []);
  equal((await world.asks({ action: 'status', tier: 'feed' }, ['web'])).tiers.length, 1, 'of a tier that was steered');
  const message = 'tier "wbe" is not in loadtests.yaml, so nothing steers it; did you mean "web"?';
  await rejects(world.asks({ action: 'status', tier: 'wbe' }, ['web']), { code: 'DYNO_USAGE_LOADTEST', message });
  const all = (await world.values('instantdyno.loadtests.v1')) as [number, LoadTestStep][];
  equal(newest, all.map(([, step]) => step).filter(({ tier: name }) => name === 'web')[1]!.reason);
});

test('what is no request is refused by its wrong word alone, and nothing is written', async () => {
  const world = new WriteWorld();
  const wrong: readonly [body: object, says: string][] = [
    [{}, 'no action is given; write one of status, start, stop, disturb, kill, unkill'],
    [
      { action: 'stat' },
      '"stat" is no action, did you mean "start"; write one of status, start, stop, disturb, kill, unkill',
    ],
    [{ action: 'start' }, 'start needs a tier, as in loadtests.yaml'],
    [{ action: 'stop', tier: '' }, '"" is no tier; write its name'],
    [{ action: 'disturb', what: 'failover' }, 'disturb needs a tier, as in loadtests.yaml'],
    [
      { action: 'disturb', tier: 'web' },
      'disturb needs what has happened; write one of failover, deploy, balancer_reload, other',
    ],
    [
      { action: 'disturb', tier: 'web', what: 'rain' },
      '"rain" is nothing that disturb can tell; write one of failover, deploy, balancer_reload, other',
    ],
    [{ action: 'stop', tier: 'web', what: 'failover' }, 'stop takes no "what"; only disturb may have it'],
    [{ action: 'status', tier: 'web', generation: 'NHM' }, 'status takes no "generation"; only start may have it'],
    [
      { action: 'status', reason: 'x' },
      'status takes no "reason"; only start, stop, disturb, kill and unkill may have it',
    ],
    [{ action: 'stop', tier: 'web', scope: 'all' }, 'stop takes no "scope"; only kill and unkill may have it'],
    [{ action: 'kill', scop: 'pool:x' }, 'kill takes no "scop"; it may have tier, scope, reason'],
    [{ action: 'kill', scope: 'web' }, '"web" is no scope; write all, tier:NAME or pool:NAME'],
    ...(['kill', 'unkill'] as const).map((action): [object, string] => [
      { action, tier: 'web', scope: 'pool:x' },
      `${action} has both the tier "web" and the scope "pool:x"; write one of the two (a tier is the scope tier:NAME)`,
    ]),
  ];
  for (const [body, message] of wrong) await rejects(world.asks(body), { code: 'DYNO_USAGE_LOADTEST', message });
  deepEqual(await world.values('loadbalancer.killswitch.v1'), []);
  deepEqual(await world.values('instantdyno.loadtest-requests.v1'), []);
});

test('a tier after kill is its scope, also over HTTP; without either it is all', async () => {
  const world = new WriteWorld();
  for (const body of [{ tier: 'web' }, { scope: 'pool:x' }, {}]) await world.asks({ action: 'kill', ...body });
  const told = (await world.values('loadbalancer.killswitch.v1')) as [number, { scope: string }][];
  deepEqual(
    told.map(([, { scope }]) => scope),
    ['tier:web', 'pool:x', 'all'],
  );
});

test('a tier that loadtests.yaml does not name is refused; where no file says, the answer tells who would act', async () => {
  const world = new WriteWorld();
  const steered = ['web', 'feed'];
  for (const body of [{ action: 'start' }, { action: 'stop' }, { action: 'disturb', what: 'deploy' }]) {
    const message = 'tier "wbe" is not in loadtests.yaml, so nothing steers it; did you mean "web"?';
    await rejects(world.asks({ ...body, tier: 'wbe' }, steered), { code: 'DYNO_USAGE_LOADTEST', message });
  }
  deepEqual(await world.values('instantdyno.loadtest-requests.v1'), []);
  const onlyRunning = /only a running stage "loadtests" that steers this tier acts on it/;
  doesNotMatch((await world.asks({ action: 'stop', tier: 'web' }, steered)).says, onlyRunning);
  match((await world.asks({ action: 'stop', tier: 'wbe' })).says, onlyRunning);
  equal((await world.values('instantdyno.loadtest-requests.v1')).length, 2);
});

test('what was read of a request is read the same again, by the program that it is sent to', () => {
  const by = 'somebody';
  for (const body of [
    { action: 'status' },
    { action: 'status', tier: 'web' },
    { action: 'kill', tier: 'web', reason: 'smoke' },
    { action: 'start', tier: 'web', generation: 'NHM' },
    { action: 'disturb', tier: 'web', what: 'other' },
  ]) {
    const read = loadtestRequestIn({ ...body, by });
    deepEqual(loadtestRequestIn(read), read);
  }
});

test('a broken or missing loadtests.yaml says nothing of tiers, so that it hinders no stop', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dyno-steered-'));
  const path = join(folder, 'loadtests.yaml');
  try {
    equal(steeredTiersIn(undefined), undefined);
    equal(steeredTiersIn(path), undefined);
    writeFileSync(path, 'tiers: [{ tier: web }]\n');
    equal(steeredTiersIn(path), undefined);
    const slo = '{ p95_ms: 400, error_ratio: 0.01 }';
    const pools = '[{ name: north, balancer: haproxy }]';
    writeFileSync(path, `tiers: [{ tier: web, pools: ${pools}, slo: ${slo}, hours: always, safe_weights: 100 }]\n`);
    deepEqual(steeredTiersIn(path), ['web']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
