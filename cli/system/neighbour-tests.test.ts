import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import { SimulatedCluster } from '../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../log/simulated/groups.ts';
import { MemberLog } from '../../log/simulated/member-log.ts';
import { codecOf } from '../../schemas/codec.ts';
import { samples } from '../../schemas/testing/samples.ts';
import { NeighbourTests } from './neighbour-tests.ts';

const topic = 'instantdyno.loadtests.v1';
const partitions = 4;
const codec = codecOf(topic);
const web = { tier: 'web', neighbours: ['feed', 'ads'], bakeS: 900 };

/** The log of decisions on a virtual clock, and who follows it for `web`. */
class FollowWorld {
  readonly clock = new VirtualClock();
  readonly cluster = new SimulatedCluster({ clock: this.clock, random: new Random(1), transactionTimeoutMs: 300_000 });
  readonly log = new MemberLog(this.cluster, new SimulatedGroups(this.cluster));
  isAway = false;

  constructor() {
    this.cluster.createTopic({ name: topic, partitions });
  }

  follow(): NeighbourTests {
    const away = async (): Promise<void> => {
      if (this.isAway) throw new Error('the log is away');
    };
    const log: Pick<Log, 'topicState' | 'read'> = {
      topicState: (name) => away().then(() => this.log.topicState(name)),
      read: (partition, from) => this.log.read(partition, from),
    };
    const registry = { schemaById: async () => codec.schemaJson };
    const tests = new NeighbourTests({ log, registry, clock: this.clock, tiers: [web] });
    tests.start();
    return tests;
  }

  record(tier: string, phase: string, action = 'nothing') {
    const step = { ...samples[topic], timeMs: this.clock.nowMs(), tier, phase, action, ended: undefined };
    const value = codec.encode(step, 1);
    return { topic, partition: partitionOf(tier, partitions), key: Buffer.from(tier), value };
  }

  async says(tier: string, phase: string, action?: string): Promise<void> {
    const producer = this.log.producer();
    void producer.then((it) => it.send([this.record(tier, phase, action)]));
    await this.clock.advance(1_000);
  }
}

test('a test of a neighbour is known within a second, from its start to its end, and for how long it is over', async () => {
  const world = new FollowWorld();
  const tests = world.follow();
  equal(tests.stateOf(web), undefined);
  await world.says('feed', 'idle');
  const none = { sinceMs: undefined, lastMs: undefined };
  deepEqual(tests.stateOf(web), [
    { tier: 'feed', ...none },
    { tier: 'ads', ...none },
  ]);
  const sinceMs = world.clock.nowMs();
  await world.says('feed', 'baseline', 'start');
  const lastMs = world.clock.nowMs();
  await world.says('feed', 'ramp', 'raise');
  deepEqual(tests.stateOf(web)?.[0], { tier: 'feed', sinceMs, lastMs });
  await world.says('feed', 'cooldown');
  deepEqual(tests.stateOf(web)?.[0], { tier: 'feed', sinceMs: undefined, lastMs });
  await tests.stop();
});

test('who starts later reads back far enough to know of a test that runs, and of one that ended', async () => {
  const world = new FollowWorld();
  const sinceMs = world.clock.nowMs();
  await world.says('feed', 'baseline', 'start');
  await world.says('ads', 'ramp');
  for (let s = 0; s < 300; s++) await world.says('feed', 'ramp');
  const tests = world.follow();
  await world.clock.advance(2_000);
  const [feed, ads] = tests.stateOf(web)!;
  deepEqual([feed?.sinceMs, ads?.lastMs], [sinceMs, sinceMs + 1_000]);
  await tests.stop();
});

test('a neighbour that falls silent in the middle of a test runs no more after 15 s: its commands have expired', async () => {
  const world = new FollowWorld();
  const tests = world.follow();
  await world.says('feed', 'ramp');
  await world.clock.advance(14_000);
  equal(tests.stateOf(web)?.[0]?.sinceMs === undefined, false);
  await world.clock.advance(2_000);
  equal(tests.stateOf(web)?.[0]?.sinceMs, undefined);
  await tests.stop();
});

test('a log that is away for more than 5 s leaves neighbours unknown, and so does a transaction that hides the rest', async () => {
  const world = new FollowWorld();
  const tests = world.follow();
  await world.says('feed', 'idle');
  world.isAway = true;
  await world.clock.advance(4_000);
  equal(tests.stateOf(web)?.length, 2);
  await world.clock.advance(2_000);
  equal(tests.stateOf(web), undefined);
  world.isAway = false;
  await world.clock.advance(2_000);
  equal(tests.stateOf(web)?.length, 2);
  void world.log
    .transactionalProducer('hung')
    .then((owner) => owner.begin())
    .then((transaction) => transaction.send([world.record('feed', 'idle')]));
  await world.clock.advance(1_000);
  await world.says('feed', 'baseline', 'start');
  await world.clock.advance(6_000);
  equal(tests.stateOf(web), undefined);
  await tests.stop();
});

test('nothing is followed where no tier has a neighbour', async () => {
  const world = new FollowWorld();
  world.isAway = true;
  const { log, clock } = world;
  const registry = { schemaById: async () => codec.schemaJson };
  const tests = new NeighbourTests({ log, registry, clock, tiers: [{ tier: 'web', neighbours: [], bakeS: 900 }] });
  tests.start();
  deepEqual(tests.stateOf({ neighbours: [] }), []);
  await tests.stop();
});
