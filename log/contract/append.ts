import { deepEqual, equal, ok } from 'node:assert/strict';
import type { ProduceRecord, RecordBatch } from '../port.ts';
import { readBatches, readPlain, record } from '../testing/plain-records.ts';
import { type Contract, contractTest, freshTopic } from './suite.ts';

/** Plain appends and what `read` shows of them. */
export function appendContract(contract: Contract): void {
  contractTest(
    contract,
    'records come back in order with key, value, headers, nulls and empty values',
    async ({ log }) => {
      const topic = await freshTopic(log);
      const at = { topic, partition: 0 };
      const headers = { 'dyno-kind': Buffer.from('tick'), bytes: Buffer.from([0, 255]) };
      const sent: ProduceRecord[] = [
        record(at, 'host-1', 'one'),
        { ...record(at, null, null), headers },
        record(at, 'host-1', null),
        record(at, 'ключ', ''),
        record(at, '', 'empty key'),
      ];
      const producer = await log.producer();
      await producer.send(sent.slice(0, 2));
      await producer.send(sent.slice(2));
      await producer.close();
      const batches = await readBatches(log, at);
      const came = batches.flatMap((batch) => Array.from(batch.keys, (key, i) => [key, batch.values.at(i)]));
      deepEqual(
        came,
        sent.map(({ key, value }) => [key, value]),
      );
      deepEqual(
        batches.flatMap((batch) => [...batch.offsets]),
        [0, 1, 2, 3, 4],
      );
      const cameHeaders = batches.flatMap((batch) => [...batch.headers]);
      deepEqual({ ...cameHeaders[1] }, headers);
      equal(Object.keys(cameHeaders[0] ?? {}).length, 0);
    },
  );

  contractTest(contract, 'reading starts at the offset asked for and ends at the end', async ({ log }) => {
    const topic = await freshTopic(log);
    const at = { topic, partition: 0 };
    const producer = await log.producer();
    for (const value of ['a', 'b', 'c']) await producer.send([record(at, null, value)]);
    deepEqual(
      (await readPlain(log, at, 1)).map((each) => each.value),
      ['b', 'c'],
    );
    deepEqual(await readPlain(log, at, 3), []);
    await producer.close();
  });

  contractTest(contract, 'a partition that was never written reads as empty', async ({ log }) => {
    const topic = await freshTopic(log, { partitions: 2 });
    deepEqual(await readBatches(log, { topic, partition: 1 }), []);
  });

  contractTest(contract, 'partitions are separate: each has its own offsets and order', async ({ log }) => {
    const topic = await freshTopic(log, { partitions: 3 });
    const producer = await log.producer();
    const sent = Array.from({ length: 30 }, (_, i) => record({ topic, partition: i % 3 }, null, `v${i}`));
    await producer.send(sent);
    await producer.close();
    for (const partition of [0, 1, 2]) {
      const records = await readPlain(log, { topic, partition });
      deepEqual(
        records.map((each) => each.value),
        Array.from({ length: 10 }, (_, i) => `v${i * 3 + partition}`),
      );
      deepEqual(
        records.map((each) => each.offset),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      );
    }
  });

  contractTest(contract, "the append time is the log's own and never falls", async ({ log }) => {
    const topic = await freshTopic(log);
    const at = { topic, partition: 0 };
    const beforeMs = Date.now();
    const producer = await log.producer();
    for (let i = 0; i < 20; i += 1) await producer.send([record(at, null, `${i}`), record(at, null, `${i}b`)]);
    await producer.close();
    const afterMs = Date.now();
    const times = (await readBatches(log, at)).flatMap((batch) => [...batch.appendTimesMs]);
    equal(times.length, 40);
    times.forEach((timeMs, i) => {
      ok(timeMs >= beforeMs - 1_000 && timeMs <= afterMs + 1_000, `append time ${timeMs} is not around ${beforeMs}`);
      ok(i === 0 || timeMs >= times[i - 1]!, `append time falls at record ${i}`);
    });
  });

  contractTest(
    contract,
    'twelve thousand records of 300 bytes come back whole, in batches in order',
    async ({ log }) => {
      const topic = await freshTopic(log);
      const at = { topic, partition: 0 };
      const producer = await log.producer();
      const pad = 'x'.repeat(290);
      for (let block = 0; block < 12; block += 1) {
        await producer.send(Array.from({ length: 1_000 }, (_, i) => record(at, null, `${block * 1_000 + i}:${pad}`)));
      }
      await producer.close();
      const batches = await readBatches(log, at);
      const numbers = batches.flatMap((batch) =>
        Array.from(batch.values, (value) => Number.parseInt(String(value), 10)),
      );
      deepEqual(
        numbers,
        Array.from({ length: 12_000 }, (_, i) => i),
      );
      ok(batches.length > 1, 'three megabytes came in one batch');
      checkChain(batches);
    },
  );

  contractTest(contract, 'records survive a restart and appends go on after the last offset', async (opened) => {
    const topic = await freshTopic(opened.log);
    const at = { topic, partition: 0 };
    const before = await opened.log.producer();
    await before.send([record(at, 'k', 'before')]);
    await before.close();
    const log = await opened.reopen();
    const after = await log.producer();
    await after.send([record(at, 'k', 'after')]);
    await after.close();
    deepEqual(await readPlain(log, at), [
      { offset: 0, key: 'k', value: 'before' },
      { offset: 1, key: 'k', value: 'after' },
    ]);
  });

  contractTest(contract, 'an empty send is no record', async ({ log }) => {
    const topic = await freshTopic(log);
    const producer = await log.producer();
    await producer.send([]);
    await producer.close();
    deepEqual((await log.topicState(topic)).endOffsets, [0]);
  });
}

/** Each batch is whole in itself, starts where the one before ended or later, and the last has reached the end. */
function checkChain(batches: readonly RecordBatch[]): void {
  let expected = 0;
  for (const batch of batches) {
    ok(batch.count > 0 && batch.offsets.length === batch.count && batch.values.length === batch.count);
    ok(batch.offsets[0]! >= expected, 'batches overlap');
    ok(batch.nextOffset > batch.offsets[batch.count - 1]!, 'nextOffset is not after the last record');
    expected = batch.nextOffset;
  }
  const last = batches.at(-1);
  ok(last === undefined || last.nextOffset >= last.endOffset, 'the last batch does not say that the end is reached');
}
