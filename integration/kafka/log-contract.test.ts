import { logContract, type OpenedLog } from '../../log/contract.ts';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import { withBroker } from './test-broker.ts';

await withBroker('the log contract over Kafka', (bootstrap) => {
  const openOne = () => openKafkaLog({ brokers: [bootstrap], clientId: 'contract', replicationFactor: 1 });
  const open = async (): Promise<OpenedLog> => {
    let log = await openOne();
    return {
      log,
      cleanup: () => log.close(),
      reopen: async () => {
        await log.close();
        log = await openOne();
        return log;
      },
    };
  };
  logContract('Kafka', open, { timeoutMs: 30_000, propertyRuns: 5 });
});
