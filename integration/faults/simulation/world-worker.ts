import { parentPort } from 'node:worker_threads';
import { yieldToOthers } from '../../program/yield-to-others.ts';
import type { WorldFailure, WorldJob } from './in-workers.ts';
import { runJob } from './run-job.ts';

yieldToOthers();

/** A thread that runs one world after another as it is told. */
parentPort?.on('message', async (job: WorldJob) => {
  parentPort?.postMessage(await failureOf(job));
});

async function failureOf(job: WorldJob): Promise<WorldFailure | undefined> {
  try {
    await runJob(job);
    return undefined;
  } catch (error) {
    return { job, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
