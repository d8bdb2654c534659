import { deepEqual, equal } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import { record, valuesUntil } from '../../log/testing/plain-records.ts';
import { withBroker } from './test-broker.ts';

const zombieFile = fileURLToPath(new URL('./zombie-owner.js', import.meta.url));

await withBroker('fencing over Kafka', (bootstrap) => {
  test('a frozen process that was replaced cannot commit when it wakes', { timeout: 60_000 }, async () => {
    const log = await openKafkaLog({ brokers: [bootstrap], clientId: 'test', replicationFactor: 1 });
    const topic = `fencing-${randomUUID().slice(0, 8)}`;
    const id = `fencing-owner-${randomUUID().slice(0, 8)}`;
    await log.createTopics([{ name: topic, partitions: 1, cleanup: 'delete', retentionMs: 3_600_000 }]);
    const zombie = spawn(process.execPath, [zombieFile, bootstrap, id, topic], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const lines = createInterface({ input: zombie.stdout })[Symbol.asyncIterator]();
      equal((await lines.next()).value, 'open');
      zombie.kill('SIGSTOP');
      const owner = await log.transactionalProducer(id);
      const transaction = await owner.begin();
      await transaction.send([record({ topic, partition: 0 }, null, 'of the new owner')]);
      await transaction.commit();
      zombie.kill('SIGCONT');
      zombie.stdin.write('go on\n');
      equal((await lines.next()).value, 'DYNO_LOG_FENCED');
      const last = await owner.begin();
      await last.send([record({ topic, partition: 0 }, null, 'end')]);
      await last.commit();
      deepEqual(await valuesUntil(log, { topic, partition: 0 }, 'end'), ['of the new owner', 'end']);
    } finally {
      zombie.kill('SIGKILL');
      await log.close();
    }
  });
});
