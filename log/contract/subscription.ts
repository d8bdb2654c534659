import { deepEqual, equal, ok } from 'node:assert/strict';
import type { RecordBatch } from '../port.ts';
import { Collector } from '../testing/collector.ts';
import { record } from '../testing/plain-records.ts';
import { type Contract, contractTest, freshName, freshTopic } from './suite.ts';

/** What a listener may rely on: one member of a group, alone. */
export function subscriptionContract(contract: Contract): void {
  contractTest(contract, 'a lone member is assigned every partition of its topics', async ({ log }) => {
    const topics = [await freshTopic(log, { partitions: 2 }), await freshTopic(log, { partitions: 2 })];
    for (const assignment of ['copartitioned', 'single', 'broadcast'] as const) {
      const collector = await Collector.start({ log, group: freshName('group'), topics, assignment });
      await collector.until(() => collector.assignments.length > 0);
      const assigned = collector.assignments.at(-1)!.map(({ topic, partition }) => `${topic} ${partition}`);
      deepEqual(assigned.sort(), topics.flatMap((topic) => [`${topic} 0`, `${topic} 1`]).sort());
      await collector.subscription.stop();
    }
  });

  contractTest(contract, 'records that were there and records appended later both come, in order', async ({ log }) => {
    const topic = await freshTopic(log, { partitions: 2 });
    const producer = await log.producer();
    const send = (from: number, to: number) =>
      producer.send(
        Array.from({ length: to - from }, (_, i) => record({ topic, partition: (from + i) % 2 }, null, `${from + i}`)),
      );
    await send(0, 100);
    const collector = await Collector.start({ log, group: freshName('group'), topics: [topic] });
    await collector.until(() => collector.records().length === 100);
    await send(100, 200);
    await collector.until(() => collector.records().length === 200);
    for (const partition of [0, 1]) {
      const wanted = Array.from({ length: 100 }, (_, i) => `${i * 2 + partition}`);
      deepEqual(collector.values({ topic, partition }), wanted);
    }
    await collector.subscription.stop();
    await producer.close();
  });

  contractTest(contract, 'nothing comes of a partition before it is positioned and resumed', async ({ log }) => {
    const topic = await freshTopic(log, { partitions: 2 });
    const [held, other] = [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ];
    const producer = await log.producer();
    await producer.send([record(held, null, 'held'), record(other, null, 'other')]);
    const startOffset = ({ partition }: { partition: number }) => (partition === 0 ? undefined : 0);
    const collector = await Collector.start({ log, group: freshName('group'), topics: [topic], startOffset });
    await collector.until(() => collector.values().includes('other'));
    deepEqual(collector.values(held), []);
    collector.subscription.seek(held, 0);
    collector.subscription.resume([held]);
    await collector.until(() => collector.values(held).includes('held'));
    await collector.subscription.stop();
    await producer.close();
  });

  contractTest(contract, 'the next batch of a partition waits for the one under way', async ({ log }) => {
    const topic = await freshTopic(log);
    const at = { topic, partition: 0 };
    const producer = await log.producer();
    await producer.send([record(at, null, 'first')]);
    let release: () => void = () => {};
    const collector = await Collector.start({
      log,
      group: freshName('group'),
      topics: [topic],
      onBatch: () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    });
    await collector.until(() => collector.batches.length === 1);
    await producer.send([record(at, null, 'second')]);
    await producer.send([record(at, null, 'third')]);
    equal(collector.batches.length, 1);
    release();
    await collector.until(() => {
      release();
      return collector.values().includes('third');
    });
    deepEqual(collector.values(), ['first', 'second', 'third']);
    equal(collector.mostRunning, 1);
    release();
    await collector.subscription.stop();
    await producer.close();
  });

  contractTest(contract, 'pause holds a partition, resume goes on where it stopped', async ({ log }) => {
    const topic = await freshTopic(log, { partitions: 2 });
    const [paused, other] = [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ];
    const producer = await log.producer();
    await producer.send([record(paused, null, 'before')]);
    const collector = await Collector.start({
      log,
      group: freshName('group'),
      topics: [topic],
      onBatch: (batch, subscription) => {
        if (batch.partition === 0) subscription.pause([paused]);
      },
    });
    await collector.until(() => collector.values(paused).includes('before'));
    await producer.send([record(paused, null, 'while paused'), record(other, null, 'other 1')]);
    await collector.until(() => collector.values(other).includes('other 1'));
    await producer.send([record(other, null, 'other 2')]);
    await collector.until(() => collector.values(other).includes('other 2'));
    deepEqual(collector.values(paused), ['before']);
    collector.subscription.resume([paused]);
    await collector.until(() => collector.values(paused).includes('while paused'));
    deepEqual(collector.values(paused), ['before', 'while paused']);
    await collector.subscription.stop();
    await producer.close();
  });

  contractTest(contract, 'a seek during a batch decides where the next one starts', async ({ log }) => {
    const topic = await freshTopic(log);
    const at = { topic, partition: 0 };
    const producer = await log.producer();
    await producer.send(['a', 'b', 'c'].map((value) => record(at, null, value)));
    const seen: RecordBatch[] = [];
    const collector = await Collector.start({
      log,
      group: freshName('group'),
      topics: [topic],
      onBatch: (batch, subscription) => {
        seen.push(batch);
        if (seen.length === 1) subscription.seek(at, 1);
      },
    });
    await collector.until(() => collector.batches.length >= 2);
    equal(collector.batches[1]!.offsets[0], 1);
    equal(collector.batches[1]!.values.at(0)!.toString(), 'b');
    await collector.subscription.stop();
    await producer.close();
  });

  contractTest(
    contract,
    'a seek back while idle reads again, a seek to the end waits for what is new',
    async ({ log }) => {
      const topic = await freshTopic(log);
      const at = { topic, partition: 0 };
      const producer = await log.producer();
      await producer.send(['a', 'b'].map((value) => record(at, null, value)));
      const startOffset = () => 2;
      const collector = await Collector.start({ log, group: freshName('group'), topics: [topic], startOffset });
      await producer.send([record(at, null, 'c')]);
      await collector.until(() => collector.values().length === 1);
      deepEqual(collector.values(), ['c']);
      collector.subscription.seek(at, 1);
      await collector.until(() => collector.values().length === 3);
      deepEqual(collector.values(), ['c', 'b', 'c']);
      await collector.subscription.stop();
      await producer.close();
    },
  );

  contractTest(contract, 'stop waits for the batch under way and nothing comes after it', async ({ log }) => {
    const topic = await freshTopic(log);
    const at = { topic, partition: 0 };
    const producer = await log.producer();
    await producer.send([record(at, null, 'first')]);
    let release: () => void = () => {};
    const collector = await Collector.start({
      log,
      group: freshName('group'),
      topics: [topic],
      onBatch: () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    });
    await collector.until(() => collector.batches.length === 1);
    let stopped = false;
    const stopping = collector.subscription.stop().then(() => {
      stopped = true;
    });
    await producer.send([record(at, null, 'second')]);
    equal(stopped, false);
    release();
    await stopping;
    equal(collector.running, 0);
    deepEqual(collector.values(), ['first']);
    await producer.close();
  });

  contractTest(contract, 'groups are independent of each other', async ({ log }) => {
    const topic = await freshTopic(log);
    const producer = await log.producer();
    await producer.send([record({ topic, partition: 0 }, null, 'v')]);
    const readers = await Promise.all(
      [1, 2].map(() => Collector.start({ log, group: freshName('group'), topics: [topic] })),
    );
    for (const reader of readers) {
      await reader.until(() => reader.values().length === 1);
      await reader.subscription.stop();
    }
    await producer.close();
  });

  contractTest(contract, 'every member of a broadcast group gets every record', async ({ log }) => {
    const topic = await freshTopic(log, { partitions: 2 });
    const group = freshName('group');
    const start = () => Collector.start({ log, group, topics: [topic], assignment: 'broadcast' });
    const members = [await start(), await start()];
    const producer = await log.producer();
    await producer.send([0, 1].map((partition) => record({ topic, partition }, null, `v${partition}`)));
    for (const member of members) {
      await member.until(() => ['v0', 'v1'].every((value) => member.values().includes(value)));
      ok(member.assignments.at(-1)!.length === 2);
    }
    for (const member of members) await member.subscription.stop();
    await producer.close();
  });
}
