import { logContract } from '../../log/contract.ts';
import { openOnBroker } from './open-on-broker.ts';
import { withBroker } from './test-broker.ts';

await withBroker('the log contract over Kafka', (bootstrap) => {
  logContract('Kafka', () => openOnBroker(bootstrap), { timeoutMs: 30_000, propertyRuns: 15 });
});
