import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { inWords, inWorkers } from './simulation/in-workers.ts';
import { controlJobs, controlKillJobs, controlScenarioJobs } from './simulation/run-job.ts';

test('9 tiers that are steered stay safe, and find their capacity again: kills, outages, lost answers, people at work', async () => {
  deepEqual((await inWorkers({ jobs: controlJobs(9) })).map(inWords), []);
});

test('a controller that dies or stands still at any point of a take-over or commit leaves nobody with raised load', async () => {
  deepEqual((await inWorkers({ jobs: controlKillJobs(1) })).map(inWords), []);
});

test('load is safe when one thing is made to happen while it is raised', async () => {
  deepEqual((await inWorkers({ jobs: controlScenarioJobs(1) })).map(inWords), []);
});
