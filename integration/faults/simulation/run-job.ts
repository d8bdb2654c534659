import type { WorldJob } from './in-workers.ts';
import { killPoints, runKillPoint } from './run-kill-point.ts';
import { runSeed } from './run-seed.ts';
import { scenarios } from './scenarios.ts';

/** Runs one world; throws what is wrong with it. */
export async function runJob({ seed, kill, scenario }: WorldJob): Promise<void> {
  if (scenario !== undefined) {
    const run = scenarioOf(scenario);
    if (run === undefined) throw new Error(`there is no scenario ${scenario}`);
    return run(seed);
  }
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

const scenarioOf = (name: string): ((seed: number) => Promise<void>) | undefined =>
  Object.entries(scenarios).find(([known]) => known === name)?.[1];

/** Every scenario, so many seeds each. */
export const scenarioJobs = (seeds: number): WorldJob[] =>
  Object.keys(scenarios).flatMap((scenario) => Array.from({ length: seeds }, (_, i) => ({ seed: i + 1, scenario })));
