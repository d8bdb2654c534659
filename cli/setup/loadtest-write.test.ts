import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { partitionOf } from '../../log/partitioner.ts';
import { SimulatedCluster } from '../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../log/simulated/groups.ts';
import { MemberLog } from '../../log/simulated/member-log.ts';
import { type AvroTopic, avroTopics, codecOf, subjectOf } from '../../schemas/codec.ts';
import type { LoadTestStep } from '../../schemas/load-test-records.ts';
import { samples } from '../../schemas/testing/samples.ts';
import { KillSwitches } from '../system/kill-switches.ts';
import { loadtestDone } from './loadtest-write.ts';

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

  asks(body: object) {
    return this.during(loadtestDone(this, { by: 'somebody', ...body }));
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
  const asked = { tier: 'web', action: 'start', generation: 'NHM', reason: 'a new kernel', requestedBy: 'somebody' };
  deepEqual(said, asked);
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
  const all = (await world.values('instantdyno.loadtests.v1')) as [number, LoadTestStep][];
  equal(newest, all.map(([, step]) => step).filter(({ tier: name }) => name === 'web')[1]!.reason);
});

test('what is no request is refused, and nothing is written', async () => {
  const world = new WriteWorld();
  const wrong = [
    {},
    { action: 'go' },
    { action: 'start' },
    { action: 'stop', tier: '' },
    { action: 'kill', scope: 'web' },
  ];
  for (const body of wrong) await rejects(world.asks(body), { code: 'DYNO_USAGE_LOADTEST' }, JSON.stringify(body));
  deepEqual(await world.values('loadbalancer.killswitch.v1'), []);
});
