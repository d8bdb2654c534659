import { deepEqual, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../base/errors.ts';
import { Random } from '../../base/testing/random.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import type { TransactionalProducer } from '../../log/port.ts';
import { SimulatedCluster } from '../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../log/simulated/groups.ts';
import { MemberLog } from '../../log/simulated/member-log.ts';
import { ageUnknownMs, PartitionTail, type TailRecord } from './partition-tail.ts';

const topic = 't';

/** A log on a virtual clock with one partition, and a tail of it. */
class TailWorld {
  readonly clock = new VirtualClock();
  readonly cluster: SimulatedCluster;
  readonly log: MemberLog;
  readonly heard: { readonly value: string; readonly ageMs: number; readonly heardMs: number }[] = [];
  readonly tail: PartitionTail;
  begins = 0;

  constructor({ from = 'end', seed = 1 }: { readonly from?: 'start' | 'end'; readonly seed?: number } = {}) {
    this.cluster = new SimulatedCluster({ clock: this.clock, random: new Random(seed), transactionTimeoutMs: 300_000 });
    this.cluster.createTopic({ name: topic, partitions: 1 });
    this.log = new MemberLog(this.cluster, new SimulatedGroups(this.cluster));
    this.tail = new PartitionTail({ log: this.log, topic, partition: () => 0, from, clock: this.clock });
  }

  /** Time passes while the work is done, and what it answers. */
  async during<T>(work: Promise<T>, byMs = 100): Promise<T> {
    work.catch(() => {});
    await this.clock.advance(byMs);
    return work;
  }

  append(value: string): Promise<void> {
    return this.during(
      this.log.producer().then((producer) => producer.send([{ ...at, key: null, value: Buffer.from(value) }])),
    );
  }

  poll(): Promise<number> {
    return this.during(
      this.tail.poll({
        begin: () => this.begins++,
        take: async ({ value, ageMs }) => {
          this.heard.push({ value: String(value), ageMs, heardMs: this.clock.monotonicMs() });
        },
      }),
    );
  }

  get values(): string[] {
    return this.heard.map(({ value }) => value);
  }
}

const at = { topic, partition: 0 };

test('from the end: what was there at the first poll is not heard, what comes later is, once', async () => {
  const world = new TailWorld();
  await world.append('old');
  await world.poll();
  await world.append('a');
  await world.append('b');
  await world.poll();
  await world.poll();
  deepEqual(world.values, ['a', 'b']);
});

test('from the start: everything that is kept is heard', async () => {
  const world = new TailWorld({ from: 'start' });
  await world.append('a');
  await world.poll();
  await world.append('b');
  await world.poll();
  deepEqual([world.begins, ...world.values], [1, 'a', 'b']);
});

test('a record is no older than the begin of the last poll that did not see it', async () => {
  const world = new TailWorld();
  await world.poll();
  const lastPollMs = world.clock.monotonicMs();
  await world.poll();
  await world.append('a');
  await world.clock.advance(5_000);
  await world.poll();
  const [{ ageMs, heardMs }] = world.heard as [(typeof world.heard)[0]];
  deepEqual(ageMs, heardMs - lastPollMs);
});

test('a record of a transaction is as old as its append, however often the log was looked at before the commit', async () => {
  const world = new TailWorld();
  await world.poll();
  const owner: TransactionalProducer = await world.during(world.log.transactionalProducer('x'));
  const transaction = await owner.begin();
  await world.during(transaction.send([{ ...at, key: null, value: Buffer.from('slow') }]));
  const appendedMs = world.clock.monotonicMs();
  for (let i = 0; i < 10; i++) await world.poll();
  await world.during(transaction.commit());
  await world.poll();
  deepEqual(world.values, ['slow']);
  ok(world.heard[0]!.ageMs >= world.heard[0]!.heardMs - appendedMs, JSON.stringify(world.heard));
});

test('a log that is away: the poll rejects, nothing is passed over, and what came meanwhile counts as old as the outage', async () => {
  const world = new TailWorld();
  await world.poll();
  const sinceMs = world.clock.monotonicMs();
  await world.poll();
  await world.append('a');
  world.cluster.away = true;
  await rejects(world.poll(), (error) => hasCode(error, 'DYNO_LOG_UNAVAILABLE'));
  await world.clock.advance(30_000);
  world.cluster.away = false;
  await world.poll();
  deepEqual(world.values, ['a']);
  deepEqual(world.heard[0]!.ageMs, world.heard[0]!.heardMs - sinceMs);
});

test('a record that no look of the last minute bounds is too old for any command', async () => {
  const world = new TailWorld();
  await world.poll();
  const owner = await world.during(world.log.transactionalProducer('x'));
  const transaction = await owner.begin();
  await world.during(transaction.send([{ ...at, key: null, value: Buffer.from('a') }]));
  for (let i = 0; i < 70; i++) {
    await world.poll();
    await world.clock.advance(900);
  }
  await world.during(transaction.commit());
  await world.poll();
  deepEqual(
    world.heard.map(({ ageMs }) => ageMs),
    [ageUnknownMs],
  );
});

test('a record whose taking fails is given again by the next poll: none before it, none after it missing', async () => {
  const world = new TailWorld();
  await world.poll();
  for (const value of ['a', 'b', 'c']) await world.append(value);
  const taken: string[] = [];
  const take = async ({ value }: TailRecord): Promise<void> => {
    if (String(value) === 'b') throw new Error('not now');
    taken.push(String(value));
  };
  await rejects(world.during(world.tail.poll({ begin: () => {}, take })), /not now/);
  deepEqual(taken, ['a']);
  await world.poll();
  deepEqual(world.values, ['b', 'c']);
});

test('whatever the times of polls, appends, commits and outages: no record is older than what is said of it', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom('poll' as const, 'append' as const, 'open' as const, 'commit' as const) }),
    fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
    fc.record({ kind: fc.constant('away' as const), away: fc.boolean() }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.nat(1_000), async (steps, seed) => {
      const world = new TailWorld({ seed });
      const appendedMs = new Map<string, number>();
      let open: Awaited<ReturnType<TransactionalProducer['begin']>> | undefined;
      for (const [i, each] of steps.entries()) {
        const name = `r${i}`;
        if (each.kind === 'append') await world.append(name).catch(() => {});
        if (each.kind === 'open' && open === undefined) {
          const owner = await world.during(world.log.transactionalProducer('x')).catch(() => undefined);
          open = await owner?.begin();
          const sent = open?.send([{ ...at, key: null, value: Buffer.from(name) }]);
          await world.during(sent ?? Promise.resolve()).catch(() => {});
        }
        if (each.kind === 'commit') {
          await world.during(open?.commit() ?? Promise.resolve()).catch(() => {});
          open = undefined;
        }
        if (each.kind === 'poll') await world.poll().catch(() => {});
        if (each.kind === 'time') await world.clock.advance(each.ms);
        if (each.kind === 'away') world.cluster.away = each.away;
      }
      for (const { value, appendMs } of world.cluster.partition(at).records) appendedMs.set(String(value), appendMs);
      for (const { value, ageMs, heardMs } of world.heard)
        ok(ageMs >= Math.min(ageUnknownMs, heardMs - appendedMs.get(value)!), `${value} was ${ageMs} ms old`);
    }),
    { numRuns: 100, seed: 7 },
  );
});
