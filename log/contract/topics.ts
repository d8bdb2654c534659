import { deepEqual, equal, match } from 'node:assert/strict';
import type { TopicSettings } from '../port.ts';
import { record } from '../testing/plain-records.ts';
import { type Contract, contractTest, freshName, freshTopic } from './suite.ts';

/** Topics: creation, checks, state. */
export function topicContract(contract: Contract): void {
  contractTest(
    contract,
    'a created topic is as asked and empty; creating it again changes nothing',
    async ({ log }) => {
      const wanted: TopicSettings = {
        name: freshName('topic'),
        partitions: 3,
        cleanup: 'compact+delete',
        retentionMs: 60_000,
      };
      await log.createTopics([wanted]);
      await log.createTopics([wanted]);
      deepEqual(await log.checkTopics([wanted]), []);
      deepEqual(await log.topicState(wanted.name), {
        topic: wanted.name,
        startOffsets: [0, 0, 0],
        endOffsets: [0, 0, 0],
      });
    },
  );

  contractTest(contract, 'each difference between a topic and what is wanted is one sentence', async ({ log }) => {
    const wanted: TopicSettings = { name: freshName('topic'), partitions: 2, cleanup: 'delete', retentionMs: 60_000 };
    const missing = { ...wanted, name: freshName('missing') };
    await log.createTopics([wanted]);
    const differing: TopicSettings = { ...wanted, partitions: 4, cleanup: 'compact' };
    await log.createTopics([differing]);
    const sentences = await log.checkTopics([differing, missing]);
    equal(sentences.length, 3, sentences.join('\n'));
    for (const sentence of sentences.slice(0, 2)) match(sentence, new RegExp(wanted.name));
    match(sentences[2]!, new RegExp(missing.name));
    deepEqual(await log.checkTopics([{ ...wanted, retentionMs: 120_000 }]).then((found) => found.length), 1);
  });

  contractTest(contract, 'end offsets count what was appended, per partition', async ({ log }) => {
    const topic = await freshTopic(log, { partitions: 2 });
    const producer = await log.producer();
    await producer.send([0, 1, 1].map((partition) => record({ topic, partition }, null, 'v')));
    deepEqual(await log.topicState(topic), { topic, startOffsets: [0, 0], endOffsets: [1, 2] });
    await producer.close();
  });
}
