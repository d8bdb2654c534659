import { DynoError } from '../../base/errors.ts';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';

/**
 * A process of its own that owns a transactional id: opens a transaction, says `open`, waits for a line on stdin, tries
 * to commit and says how that ended.
 */
const [bootstrap = '', id = '', topic = ''] = process.argv.slice(2);
const log = await openKafkaLog({ brokers: [bootstrap], clientId: 'zombie', replicationFactor: 1 });
const owner = await log.transactionalProducer(id);
const transaction = await owner.begin();
await transaction.send([{ topic, partition: 0, key: null, value: Buffer.from('of the zombie') }]);
process.stdout.write('open\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
try {
  await transaction.commit();
  process.stdout.write('committed\n');
} catch (error) {
  process.stdout.write(`${error instanceof DynoError ? error.code : String(error)}\n`);
}
await log.close();
process.stdin.destroy();
