import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import type { Log, ProduceRecord } from '../../log/port.ts';
import { CommittingMember } from './committing-member.ts';
import { withBroker } from './test-broker.ts';

const timeout = 60_000;
const fresh = (what: string): string => `rebalance-${what}-${randomUUID().slice(0, 8)}`;
const value = (topic: string, partition: number, text: string): ProduceRecord => ({
  topic,
  partition,
  key: null,
  value: Buffer.from(text),
});

await withBroker('rebalance over Kafka', (bootstrap) => {
  const withLog = async (run: (log: Log) => Promise<void>) => {
    const log = await openKafkaLog({ brokers: [bootstrap], clientId: 'test', replicationFactor: 1 });
    try {
      await run(log);
    } finally {
      await log.close();
    }
  };
  const topicOf = async (log: Log, partitions: number): Promise<string> => {
    const name = fresh('topic');
    await log.createTopics([{ name, partitions, cleanup: 'delete', retentionMs: 3_600_000 }]);
    return name;
  };

  test(
    'members come and go while records flow: each unit has one owner, what stays stays, nothing is lost',
    { timeout },
    () =>
      withLog(async (log) => {
        const [first, second] = [await topicOf(log, 6), await topicOf(log, 6)];
        const group = fresh('group');
        const start = () => CommittingMember.start({ bootstrap, group, topics: [first, second] });
        const producer = await log.producer();
        const sent: string[] = [];
        let flowing = true;
        const flow = (async () => {
          while (flowing) {
            const batch = Array.from({ length: 12 }, (_, i) =>
              value(i < 6 ? first : second, i % 6, `${sent.length + i}`),
            );
            await producer.send(batch);
            sent.push(...batch.map((record) => String(record.value)));
          }
        })();
        const a = await start();
        await a.until(() => a.owned.length === 12 && a.values.length > 100);
        const b = await start();
        await b.until(() => b.owned.length === 6 && b.values.length > 100);
        await a.until(() => a.owned.length === 6);
        const all = [...a.owned, ...b.owned].sort();
        equal(new Set(all).size, 12);
        for (const member of [a, b]) {
          const units = member.owned.map((at) => at.split('/'));
          const of = (topic: string) => units.filter(([name]) => name === topic).map(([, partition]) => partition);
          deepEqual(of(first), of(second), 'partition n of both topics has one owner');
        }
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
        await c.until(() => c.owned.length === 6);
        await b.stop();
        await c.until(() => c.owned.length === 12);
        flowing = false;
        await flow;
        const seen = () => new Set([...a.values, ...b.values, ...c.values]);
        await c.until(() => seen().size === sent.length);
        deepEqual([...seen()].sort(), [...sent].sort());
        for (const member of [a, b, c]) equal(member.dead, undefined);
        await c.stop();
        await producer.close();
      }),
  );

  test('a listener that is slow on one partition stays in its group and blocks no other partition', { timeout }, () =>
    withLog(async (log) => {
      const topic = await topicOf(log, 2);
      const producer = await log.producer();
      let release: () => void = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const member = await CommittingMember.start({
        bootstrap,
        group: fresh('group'),
        topics: [topic],
        sessionTimeoutMs: 1_500,
        onBatch: (batch) => (batch.partition === 0 ? held : Promise.resolve()),
      });
      await producer.send([value(topic, 0, 'slow')]);
      await member.until(() => member.values.includes('slow'));
      const sinceMs = Date.now();
      for (let i = 0; Date.now() - sinceMs < 4_500; i++) {
        await producer.send([value(topic, 1, `quick ${i}`)]);
        await member.until(() => member.values.includes(`quick ${i}`));
      }
      await producer.send([value(topic, 0, 'after slow')]);
      equal(member.values.includes('after slow'), false);
      equal(member.assignments.length, 1, 'it never had to join again');
      release();
      await member.until(() => member.values.includes('after slow'));
      deepEqual(member.errors, []);
      await member.stop();
      await producer.close();
    }),
  );

  test('with assignment single each partition is a unit of its own', { timeout }, () =>
    withLog(async (log) => {
      const topic = await topicOf(log, 2);
      const group = fresh('group');
      const a = await CommittingMember.start({ bootstrap, group, topics: [topic], assignment: 'single' });
      const b = await CommittingMember.start({ bootstrap, group, topics: [topic], assignment: 'single' });
      await a.until(() => a.owned.length === 1);
      await b.until(() => b.owned.length === 1);
      ok(a.owned[0] !== b.owned[0]);
      await a.stop();
      await b.until(() => b.owned.length === 2);
      await b.stop();
    }),
  );
});
