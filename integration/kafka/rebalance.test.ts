import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import type { Producer } from '../../log/port.ts';
import { record } from '../../log/testing/plain-records.ts';
import { CommittingMember, type MemberOptions } from './committing-member.ts';
import { withBroker } from './test-broker.ts';

const timeout = 60_000;
const fresh = (what: string): string => `rebalance-${what}-${randomUUID().slice(0, 8)}`;

interface Bench {
  readonly producer: Producer;
  /** A new topic of this many partitions. */
  readonly topic: (partitions: number) => Promise<string>;
  /** A member, stopped at the end whatever happens. */
  readonly member: (options: Omit<MemberOptions, 'bootstrap'>) => Promise<CommittingMember>;
}

async function onBench(bootstrap: string, run: (bench: Bench) => Promise<void>): Promise<void> {
  const log = await openKafkaLog({ brokers: [bootstrap], clientId: 'test', replicationFactor: 1 });
  const topic = async (partitions: number) => {
    const name = fresh('topic');
    await log.createTopics([{ name, partitions, cleanup: 'delete', retentionMs: 3_600_000 }]);
    return name;
  };
  const members: CommittingMember[] = [];
  const member = async (options: Omit<MemberOptions, 'bootstrap'>) => {
    const started = await CommittingMember.start({ bootstrap, ...options });
    members.push(started);
    return started;
  };
  try {
    await run({ producer: await log.producer(), topic, member });
  } finally {
    for (const started of members) await started.stop();
    await log.close();
  }
}

await withBroker('rebalance over Kafka', (bootstrap) => {
  test('members come and go while records flow: one owner a unit, what stays stays, nothing is lost', { timeout }, () =>
    onBench(bootstrap, membersComeAndGo),
  );

  test('a listener slow on one partition stays in its group and blocks no other partition', { timeout }, () =>
    onBench(bootstrap, slowListener),
  );

  test('with assignment single each partition is a unit of its own', { timeout }, () =>
    onBench(bootstrap, singleUnits),
  );
});

async function membersComeAndGo({ producer, topic, member }: Bench): Promise<void> {
  const topics = [await topic(6), await topic(6)];
  const group = fresh('group');
  const start = () => member({ group, topics });
  const flow = new Flow(producer, topics);
  const a = await start();
  await a.until(() => a.owned.length === 12 && a.values.length > 100);
  const b = await start();
  await b.until(() => b.owned.length === 6 && b.values.length > 100);
  await a.until(() => a.owned.length === 6);
  equal(new Set([...a.owned, ...b.owned]).size, 12);
  for (const member of [a, b]) ownsWholeUnits(member, topics);
  const ownedByB = b.owned;
  const c = await start();
  await c.until(() => c.owned.length === 4);
  await b.until(() => b.owned.length === 4);
  ok(
    b.owned.every((at) => ownedByB.includes(at)),
    'a member that shrinks gets nothing new',
  );
  await a.stop();
  await b.until(() => b.owned.length === 6);
  await b.stop();
  await c.until(() => c.owned.length === 12);
  const sent = await flow.end();
  const seen = () => new Set([...a.values, ...b.values, ...c.values]);
  await c.until(() => seen().size === sent.length);
  deepEqual([...seen()].sort(), [...sent].sort());
  for (const member of [a, b, c]) equal(member.dead, undefined);
  await c.stop();
}

/** Numbered records to every partition of the topics, until it is ended. */
class Flow {
  readonly #sent: string[] = [];
  readonly #done: Promise<void>;
  #flowing = true;

  constructor(producer: Producer, topics: readonly string[]) {
    this.#done = (async () => {
      while (this.#flowing) {
        const places = topics.flatMap((topic) => [0, 1, 2, 3, 4, 5].map((partition) => ({ topic, partition })));
        const values = places.map((_, i) => `${this.#sent.length + i}`);
        await producer.send(places.map((at, i) => record(at, null, values[i]!)));
        this.#sent.push(...values);
      }
    })();
  }

  async end(): Promise<readonly string[]> {
    this.#flowing = false;
    await this.#done;
    return this.#sent;
  }
}

function ownsWholeUnits({ owned }: CommittingMember, topics: readonly string[]): void {
  const units = topics.map((topic) => owned.filter((at) => at.startsWith(`${topic}/`)).map((at) => at.split('/')[1]));
  deepEqual(units[0], units[1], 'partition n of both topics has one owner');
}

async function slowListener({ producer, topic, member }: Bench): Promise<void> {
  const name = await topic(2);
  const [slow, quick] = [
    { topic: name, partition: 0 },
    { topic: name, partition: 1 },
  ];
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const sessionTimeoutMs = 1_500;
  const onBatch = ({ partition }: { partition: number }) => (partition === 0 ? held : Promise.resolve());
  const slowed = await member({ group: fresh('group'), topics: [name], sessionTimeoutMs, onBatch });
  try {
    await producer.send([record(slow, null, 'slow')]);
    await slowed.until(() => slowed.values.includes('slow'));
    const sinceMs = performance.now();
    for (let i = 0; performance.now() - sinceMs < sessionTimeoutMs * 3; i++) {
      await producer.send([record(quick, null, `quick ${i}`)]);
      await slowed.until(() => slowed.values.includes(`quick ${i}`));
    }
    await producer.send([record(slow, null, 'after slow')]);
    equal(slowed.values.includes('after slow'), false);
    equal(slowed.assignments.length, 1, 'it never had to join again');
    release();
    await slowed.until(() => slowed.values.includes('after slow'));
    deepEqual(slowed.errors, []);
    await slowed.stop();
  } finally {
    release();
  }
}

async function singleUnits({ topic, member }: Bench): Promise<void> {
  const topics = [await topic(2)];
  const group = fresh('group');
  const start = () => member({ group, topics, assignment: 'single' });
  const a = await start();
  const b = await start();
  await a.until(() => a.owned.length === 1);
  await b.until(() => b.owned.length === 1);
  ok(a.owned[0] !== b.owned[0]);
  await a.stop();
  await b.until(() => b.owned.length === 2);
  await b.stop();
}
