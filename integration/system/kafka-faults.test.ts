import { describe, test } from 'node:test';
import { withOwnBroker } from '../kafka/test-broker.ts';
import { seedOfRun } from '../kill/seed-of-run.ts';
import { brokerStopped } from './broker-stopped.ts';
import { killedOnKafka } from './killed-on-kafka.ts';

const kills = Number(process.env['DYNO_KILLS'] ?? 10);
const seed = seedOfRun();

withOwnBroker('faults of the whole program on a real Kafka', () => {
  // Most of both is waiting: together they take as long as one.
  describe('faults of the whole program on a real Kafka', { concurrency: true, timeout: 570_000 }, () => {
    test(`${kills} times kill -9 lose nothing and double nothing (Kafka, seed ${seed})`, (t) =>
      killedOnKafka(t, { kills, seed }));
    test('a broker that is stopped for 30 s costs no sample and no window', brokerStopped);
  });
});
