import type { OpenedLog } from '../../log/contract.ts';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';

/** A log on the broker as the contract suite wants it. */
export async function openOnBroker(bootstrap: string): Promise<OpenedLog> {
  const open = () => openKafkaLog({ brokers: [bootstrap], clientId: 'contract', replicationFactor: 1 });
  let log = await open();
  return {
    log,
    cleanup: () => log.close(),
    reopen: async () => {
      await log.close();
      log = await open();
      return log;
    },
  };
}
