import test, { after } from 'node:test';
import { logContract } from '../../log/contract.ts';
import { openOnBroker } from '../kafka/open-on-broker.ts';
import { whyNoDocker } from './why-no-docker.ts';

/** The same contract over another build of Kafka, in a container. */
const skip = whyNoDocker();
if (skip === undefined) {
  const { startKafkaContainer } = await import('./kafka-container.ts');
  const broker = await startKafkaContainer();
  after(() => broker.close());
  logContract('Kafka in Docker', () => openOnBroker(broker.bootstrap), { timeoutMs: 60_000, propertyRuns: 3 });
} else {
  test('the log contract over Kafka in Docker', { skip }, () => {});
}
