import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { inWords, inWorkers } from './simulation/in-workers.ts';
import { killJobs, scenarioJobs } from './simulation/run-job.ts';

test('300 worlds of chance lose nothing and double nothing: kills, freezes, outages, lost answers, rebalances', async () => {
  // And those beyond that found a defect once.
  const jobs = [...Array.from({ length: 300 }, (_, i) => i + 1), 920, 1336].map((seed) => ({ seed }));
  deepEqual((await inWorkers({ jobs })).map(inWords), []);
});

test('a process that dies at any named point, 20 seeds each, costs nothing', async () => {
  deepEqual((await inWorkers({ jobs: killJobs(20) })).map(inWords), []);
});

test('idle partitions, a backlog, outages of registry and ClickHouse, and more partitions cost nothing', async () => {
  deepEqual((await inWorkers({ jobs: scenarioJobs(2) })).map(inWords), []);
});
