import { describe, test } from 'node:test';
import { withOwnBroker } from '../kafka/test-broker.ts';
import { seedOfRun } from '../kill/seed-of-run.ts';
import { extent } from './real/extent.ts';
import { killedOnEmbedded, killedOnKafka } from './real/killed-at-points.ts';
import { serversAway } from './real/servers-away.ts';
import { workersComeAndGo } from './real/workers-come-and-go.ts';

const first = seedOfRun();
const seeds = Array.from({ length: extent.killSeeds }, (_, i) => first + i);

// Most of all of them is waiting: together they take as long as one.
describe('real processes: nothing is lost, nothing is doubled', { concurrency: 4 }, () => {
  describe('kill -9 at named points, embedded log', () => {
    for (const seed of seeds) test(`seed ${seed}`, (t) => killedOnEmbedded(t, seed));
  });
  withOwnBroker('faults of real processes on a real Kafka', () => {
    describe('kill -9 at named points, real Kafka', () => {
      for (const seed of seeds) test(`seed ${seed}`, (t) => killedOnKafka(t, seed));
    });
    test('workers come, go, die and freeze', workersComeAndGo);
    test('registry and broker go away: stopped, killed, standing still', serversAway);
  });
});
