import { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { ownMetrics } from '../../base/own-metrics.ts';
import { Kafka, logLevel } from '../../log/kafka/kafkajs.ts';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import type { Log } from '../../log/port.ts';
import { Collector } from '../../log/testing/collector.ts';
import { readPlain, record, valuesUntil } from '../../log/testing/plain-records.ts';
import { withBroker } from './test-broker.ts';

const timeout = 60_000;
const fresh = (what: string): string => `positions-${what}-${randomUUID().slice(0, 8)}`;

async function onTopic(bootstrap: string, run: (log: Log, topic: string) => Promise<void>): Promise<void> {
  const log = await openKafkaLog({ brokers: [bootstrap], clientId: 'test', replicationFactor: 1 });
  try {
    const topic = fresh('topic');
    await log.createTopics([{ name: topic, partitions: 1, cleanup: 'delete', retentionMs: 3_600_000 }]);
    await run(log, topic);
  } finally {
    await log.close();
  }
}

await withBroker('positions over Kafka', (bootstrap) => {
  test(
    'a position that retention has taken goes on at the first record kept, and the loss is counted',
    { timeout },
    () =>
      onTopic(bootstrap, async (log, topic) => {
        const at = { topic, partition: 0 };
        const producer = await log.producer();
        await producer.send(Array.from({ length: 10 }, (_, i) => record(at, null, `${i}`)));
        await deleteBefore(bootstrap, topic, 6);
        const lostBefore = await lostRecords();
        const collector = await Collector.start({ log, group: fresh('group'), topics: [topic] });
        await collector.until(() => collector.values().includes('9'));
        deepEqual(collector.values(), ['6', '7', '8', '9']);
        equal((await lostRecords()) - lostBefore, 6);
        deepEqual(
          (await readPlain(log, at, 2)).map(({ value }) => value),
          ['6', '7', '8', '9'],
        );
        deepEqual((await log.topicState(topic)).startOffsets, [6]);
        await collector.subscription.stop();
      }),
  );

  test('an aborted transaction at the end moves the position without a record', { timeout }, () =>
    onTopic(bootstrap, async (log, topic) => {
      const at = { topic, partition: 0 };
      const owner = await log.transactionalProducer(fresh('owner'));
      const kept = await owner.begin();
      await kept.send([record(at, null, 'kept')]);
      await kept.commit();
      const collector = await Collector.start({ log, group: fresh('group'), topics: [topic] });
      await collector.until(() => collector.values().includes('kept'));
      const aborted = await owner.begin();
      await aborted.send([record(at, null, 'aborted')]);
      await aborted.abort();
      await collector.until(() => collector.batches.at(-1)!.nextOffset === 4);
      const last = collector.batches.at(-1)!;
      deepEqual([last.count, last.endOffset], [0, 4]);
      deepEqual(await valuesUntil(log, at, 'kept'), ['kept']);
      equal((await log.topicState(topic)).endOffsets[0], 4);
      await collector.subscription.stop();
    }),
  );

  test('of aborted transactions that overlap on a partition no record is seen', { timeout }, () =>
    onTopic(bootstrap, overlappingAborts),
  );
});

async function overlappingAborts(log: Log, topic: string): Promise<void> {
  const at = { topic, partition: 0 };
  const owners = await Promise.all([0, 1, 2].map(() => log.transactionalProducer(fresh('owner'))));
  const open = await Promise.all(owners.map((owner) => owner.begin()));
  for (const round of [1, 2])
    for (const [i, transaction] of open.entries()) await transaction.send([record(at, null, `aborted ${i} ${round}`)]);
  for (const transaction of [...open].reverse()) await transaction.abort();
  const last = await owners[0]!.begin();
  await last.send([record(at, null, 'committed')]);
  await last.commit();
  deepEqual(await valuesUntil(log, at, 'committed'), ['committed']);
  for (const startOffset of [0, 4]) {
    const collector = await Collector.start({
      log,
      group: fresh('group'),
      topics: [topic],
      startOffset: () => startOffset,
    });
    await collector.until(() => collector.values().includes('committed'));
    deepEqual(collector.values(), ['committed'], `from offset ${startOffset}`);
    await collector.subscription.stop();
  }
}

async function deleteBefore(bootstrap: string, topic: string, offset: number): Promise<void> {
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  // Only asking for the topic's offsets makes this client load its metadata, which the deletion needs.
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
  await admin.disconnect();
}

async function lostRecords(): Promise<number> {
  const metric = await ownMetrics.getSingleMetric('dyno_log_lost_records_total')?.get();
  return metric?.values[0]?.value ?? 0;
}
