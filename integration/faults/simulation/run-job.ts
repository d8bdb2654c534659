import type { WorldJob } from './in-workers.ts';
import { killPoints, runKillPoint } from './run-kill-point.ts';
import { runSeed } from './run-seed.ts';

/** Runs one world; throws what is wrong with it. */
export async function runJob({ seed, kill }: WorldJob): Promise<void> {
  if (kill === undefined) {
    await runSeed(seed);
    return;
  }
  const found = killPoints.find(({ point }) => point === kill.point);
  const stage = found?.stages.find((name) => name === kill.stage);
  if (found === undefined || stage === undefined)
    throw new Error(`no stage ${kill.stage} passes a point ${kill.point}`);
  await runKillPoint(found.point, stage, seed);
}

/** Every point, its stages in turn, so many seeds each. */
export const killJobs = (seeds: number): WorldJob[] =>
  killPoints.flatMap(({ point, stages }) =>
    Array.from({ length: seeds }, (_, i) => ({ seed: i + 1, kill: { point, stage: stages[i % stages.length]! } })),
  );
