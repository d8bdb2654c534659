import { deepEqual } from 'node:assert/strict';
import type { GroupOffset } from '../port.ts';
import { Collector } from '../testing/collector.ts';
import { record } from '../testing/plain-records.ts';
import { type Contract, contractTest, freshName, freshTopic } from './suite.ts';

/** Committed positions of a group and their metadata. */
export function offsetContract(contract: Contract): void {
  contractTest(contract, 'a group without commits has no offset', async ({ log }) => {
    const topic = await freshTopic(log, { partitions: 2 });
    const asked = [0, 1].map((partition) => ({ topic, partition }));
    deepEqual(await log.committedOffsets(freshName('group'), asked), [undefined, undefined]);
  });

  contractTest(
    contract,
    'offsets come back in the order asked, with their metadata of any letters',
    async ({ log }) => {
      const topic = await freshTopic(log, { partitions: 3 });
      const group = freshName('group');
      const committed: GroupOffset[] = [
        { topic, partition: 0, offset: 5, metadata: '{"watermark":1700000000000,"note":"żółw 測定 🐢"}' },
        { topic, partition: 2, offset: 0, metadata: '' },
      ];
      const collector = await Collector.start({ log, group, topics: [topic] });
      await collector.until(() => collector.assignments.length > 0);
      await collector.subscription.commitOffsets(committed);
      const asked = [2, 1, 0].map((partition) => ({ topic, partition }));
      deepEqual(await log.committedOffsets(group, asked), [committed[1], undefined, committed[0]]);
      deepEqual(await log.committedOffsets(freshName('group'), asked), [undefined, undefined, undefined]);
      await collector.subscription.commitOffsets([{ topic, partition: 0, offset: 6, metadata: 'later' }]);
      deepEqual(await log.committedOffsets(group, [{ topic, partition: 0 }]), [
        { topic, partition: 0, offset: 6, metadata: 'later' },
      ]);
      await collector.subscription.stop();
    },
  );

  contractTest(contract, 'metadata of 3,900 bytes is kept', async ({ log }) => {
    const topic = await freshTopic(log);
    const at = { topic, partition: 0 };
    const group = freshName('group');
    const id = freshName('owner');
    const metadata = 'm'.repeat(3_900);
    const owner = await log.transactionalProducer(id);
    const transaction = await owner.begin();
    await transaction.send([record(at, null, 'v')]);
    await transaction.sendOffsets(group, [{ ...at, offset: 1, metadata }]);
    await transaction.commit();
    await owner.close();
    await (await log.transactionalProducer(id)).close();
    deepEqual(await log.committedOffsets(group, [at]), [{ ...at, offset: 1, metadata }]);
  });

  contractTest(contract, 'offsets survive a restart', async (opened) => {
    const topic = await freshTopic(opened.log);
    const group = freshName('group');
    const committed = { topic, partition: 0, offset: 12, metadata: 'kept' };
    const collector = await Collector.start({ log: opened.log, group, topics: [topic] });
    await collector.until(() => collector.assignments.length > 0);
    await collector.subscription.commitOffsets([committed]);
    await collector.subscription.stop();
    const log = await opened.reopen();
    deepEqual(await log.committedOffsets(group, [{ topic, partition: 0 }]), [committed]);
  });
}
