import { deepEqual, equal, rejects } from 'node:assert/strict';
import { hasCode } from '../../base/errors.ts';
import { lendBuffer } from '../../base/lent-memory.ts';
import type { TopicPartition, TransactionalProducer } from '../port.ts';
import { Collector } from '../testing/collector.ts';
import { readBatches, readPlain, record, valuesUntil } from '../testing/plain-records.ts';
import { type Contract, contractTest, freshName, freshTopic } from './suite.ts';

const fenced = (error: unknown): boolean => hasCode(error, 'DYNO_LOG_FENCED');

/** Transactions: all or nothing, committed records only, one owner. */
export function transactionContract(contract: Contract): void {
  contractTest(contract, 'a transaction over two topics and its offsets becomes visible together', async ({ log }) => {
    const [first, second] = [await freshTopic(log, { partitions: 2 }), await freshTopic(log)];
    const group = freshName('group');
    const id = freshName('owner');
    const owner = await log.transactionalProducer(id);
    const transaction = await owner.begin();
    await transaction.send([
      record({ topic: first, partition: 0 }, null, 'a'),
      record({ topic: first, partition: 1 }, null, 'b'),
    ]);
    await transaction.send([record({ topic: second, partition: 0 }, null, 'c')]);
    await transaction.sendOffsets(group, [{ topic: first, partition: 0, offset: 7, metadata: '{"position":9}' }]);
    deepEqual(await readPlain(log, { topic: first, partition: 0 }), []);
    deepEqual(await log.committedOffsets(group, [{ topic: first, partition: 0 }]), [undefined]);
    await transaction.commit();
    await owner.close();
    // Taking the id over waits for what its last owner committed.
    await (await log.transactionalProducer(id)).close();
    deepEqual(await valuesUntil(log, { topic: first, partition: 0 }, 'a'), ['a']);
    deepEqual(await valuesUntil(log, { topic: first, partition: 1 }, 'b'), ['b']);
    deepEqual(await valuesUntil(log, { topic: second, partition: 0 }, 'c'), ['c']);
    deepEqual(await log.committedOffsets(group, [{ topic: first, partition: 0 }]), [
      { topic: first, partition: 0, offset: 7, metadata: '{"position":9}' },
    ]);
  });

  contractTest(
    contract,
    'what was sent is nobody else’s once it is committed: its memory may be used again',
    async ({ log }) => {
      const at = { topic: await freshTopic(log), partition: 0 };
      const owner = await log.transactionalProducer(freshName('owner'));
      const sent = [lendBuffer(5_000).fill('a'), Buffer.from('short')];
      const transaction = await owner.begin();
      await transaction.send(sent.map((value) => ({ ...at, key: null, value })));
      await transaction.commit();
      for (const value of sent) value.fill('x');
      await commitOne(owner, at, 'next');
      deepEqual(await valuesUntil(log, at, 'next'), ['a'.repeat(5_000), 'short', 'next']);
      await owner.close();
    },
  );

  contractTest(contract, 'an aborted transaction is never seen, neither records nor offsets', async ({ log }) => {
    const topic = await freshTopic(log);
    const at = { topic, partition: 0 };
    const group = freshName('group');
    const owner = await log.transactionalProducer(freshName('owner'));
    const aborted = await owner.begin();
    await aborted.send([record(at, null, 'aborted')]);
    await aborted.sendOffsets(group, [{ ...at, offset: 3, metadata: '' }]);
    await aborted.abort();
    await commitOne(owner, at, 'kept');
    const collector = await Collector.start({ log, group: freshName('reader'), topics: [topic] });
    await collector.until(() => collector.values().includes('kept'));
    deepEqual(collector.values(), ['kept']);
    deepEqual(await valuesUntil(log, at, 'kept'), ['kept']);
    deepEqual(await log.committedOffsets(group, [at]), [undefined]);
    await collector.subscription.stop();
    await owner.close();
  });

  contractTest(contract, 'records of an open transaction stay hidden until it commits', async ({ log }) => {
    const topic = await freshTopic(log, { partitions: 2 });
    const [watched, other] = [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ];
    const collector = await Collector.start({ log, group: freshName('reader'), topics: [topic] });
    const owner = await log.transactionalProducer(freshName('owner'));
    const transaction = await owner.begin();
    await transaction.send([record(watched, null, 'hidden')]);
    const producer = await log.producer();
    await producer.send([record(other, null, 'plain')]);
    await collector.until(() => collector.values(other).includes('plain'));
    deepEqual(collector.values(watched), []);
    await transaction.commit();
    await collector.until(() => collector.values(watched).includes('hidden'));
    await collector.subscription.stop();
    await producer.close();
    await owner.close();
  });

  contractTest(contract, 'many transactions one after another keep their order', async ({ log }) => {
    const topic = await freshTopic(log);
    const at = { topic, partition: 0 };
    const owner = await log.transactionalProducer(freshName('owner'));
    for (let i = 0; i < 20; i += 1) await commitOne(owner, at, `v${i}`);
    await owner.close();
    deepEqual(
      await valuesUntil(log, at, 'v19'),
      Array.from({ length: 20 }, (_, i) => `v${i}`),
    );
  });

  contractTest(
    contract,
    'the end is reached after the last record even when a transaction ended there',
    async ({ log }) => {
      const topic = await freshTopic(log);
      const at = { topic, partition: 0 };
      const owner = await log.transactionalProducer(freshName('owner'));
      await commitOne(owner, at, 'a');
      await commitOne(owner, at, 'b');
      await owner.close();
      await valuesUntil(log, at, 'b');
      const last = (await readBatches(log, at)).at(-1)!;
      equal(last.nextOffset >= last.endOffset, true, `read: next ${last.nextOffset}, end ${last.endOffset}`);
      const collector = await Collector.start({ log, group: freshName('reader'), topics: [topic] });
      await collector.until(() => collector.values().includes('b'));
      const came = collector.batches.at(-1)!;
      equal(came.nextOffset >= came.endOffset, true, `subscribe: next ${came.nextOffset}, end ${came.endOffset}`);
      await collector.subscription.stop();
    },
  );

  contractTest(contract, 'a second owner fences the first, whose open transaction is dropped', async ({ log }) => {
    const topic = await freshTopic(log);
    const at = { topic, partition: 0 };
    const id = freshName('owner');
    const first = await log.transactionalProducer(id);
    const zombie = await first.begin();
    await zombie.send([record(at, null, 'of the zombie')]);
    const second = await log.transactionalProducer(id);
    await rejects(async () => {
      await zombie.send([record(at, null, 'too late')]);
      await zombie.commit();
    }, fenced);
    await rejects(zombie.commit(), fenced);
    await rejects(first.begin(), fenced);
    await commitOne(second, at, 'of the new owner');
    deepEqual(await valuesUntil(log, at, 'of the new owner'), ['of the new owner']);
    await first.close();
    await second.close();
  });

  contractTest(contract, 'an idle owner that was fenced cannot commit offsets or records', async ({ log }) => {
    const topic = await freshTopic(log);
    const at = { topic, partition: 0 };
    const id = freshName('owner');
    const group = freshName('group');
    const first = await log.transactionalProducer(id);
    await commitOne(first, at, 'while it was the owner');
    const second = await log.transactionalProducer(id);
    await rejects(async () => {
      const transaction = await first.begin();
      await transaction.sendOffsets(group, [{ ...at, offset: 99, metadata: 'zombie' }]);
      await transaction.send([record(at, null, 'of the zombie')]);
      await transaction.commit();
    }, fenced);
    await commitOne(second, at, 'end');
    deepEqual(await valuesUntil(log, at, 'end'), ['while it was the owner', 'end']);
    deepEqual(await log.committedOffsets(group, [at]), [undefined]);
    await first.close();
    await second.close();
  });

  contractTest(
    contract,
    'an owner after a restart of the process goes on, and what was open is dropped',
    async (opened) => {
      const topic = await freshTopic(opened.log);
      const at = { topic, partition: 0 };
      const id = freshName('owner');
      const before = await opened.log.transactionalProducer(id);
      await commitOne(before, at, 'kept');
      await (await before.begin()).send([record(at, null, 'open at the end')]);
      const log = await opened.reopen();
      const after = await log.transactionalProducer(id);
      await commitOne(after, at, 'end');
      deepEqual(await valuesUntil(log, at, 'end'), ['kept', 'end']);
      await after.close();
    },
  );
}

async function commitOne(owner: TransactionalProducer, at: TopicPartition, value: string): Promise<void> {
  const transaction = await owner.begin();
  await transaction.send([record(at, null, value)]);
  await transaction.commit();
}
