import { deepEqual, equal } from 'node:assert/strict';
import { readPlain, record } from '../testing/plain-records.ts';
import { type Contract, contractTest, freshTopic } from './suite.ts';

/** Compacted topics keep at least the newest record of each key, at its offset. */
export function compactionContract(contract: Contract): void {
  contractTest(contract, 'the newest value of each key can be read from a compacted topic', async ({ log }) => {
    const topic = await freshTopic(log, { cleanup: 'compact' });
    const at = { topic, partition: 0 };
    const producer = await log.producer();
    for (let round = 0; round < 5; round += 1) {
      await producer.send(['a', 'b', 'c'].map((key) => record(at, key, `${key}${round}`)));
    }
    await producer.send([record(at, 'b', null)]);
    await producer.close();
    const newest = new Map((await readPlain(log, at)).map((each) => [each.key, each.value]));
    deepEqual(Object.fromEntries(newest), { a: 'a4', b: null, c: 'c4' });
  });

  const compactNow = contract.traits.compactNow;
  if (compactNow === undefined) return;

  contractTest(
    contract,
    'compaction leaves the newest record of each key at its offset, and none of a deleted key',
    async ({ log }) => {
      const topic = await freshTopic(log, { cleanup: 'compact' });
      const at = { topic, partition: 0 };
      const producer = await log.producer();
      for (let round = 0; round < 5; round += 1) {
        await producer.send(['a', 'b', 'c'].map((key) => record(at, key, `${key}${round}`)));
      }
      await producer.send([record(at, 'b', null), record(at, 'end', 'end')]);
      await compactNow(log, topic);
      const left = await readPlain(log, at);
      deepEqual(
        left.filter((each) => each.key !== 'b'),
        [
          { offset: 12, key: 'a', value: 'a4' },
          { offset: 14, key: 'c', value: 'c4' },
          { offset: 16, key: 'end', value: 'end' },
        ],
      );
      equal(
        left.some((each) => each.key === 'b' && each.value !== null),
        false,
      );
      deepEqual((await log.topicState(topic)).endOffsets, [17]);
      await producer.send([record(at, 'a', 'a5')]);
      deepEqual(
        (await readPlain(log, at, 17)).map((each) => each.value),
        ['a5'],
      );
      await producer.close();
    },
  );
}
