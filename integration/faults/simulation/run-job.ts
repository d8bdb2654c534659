import { controlScenarios } from '../loadtests/control-scenarios.ts';
import { controlPoints, runControlKill } from '../loadtests/run-control-kill.ts';
import { runControlSeed } from '../loadtests/run-control-seed.ts';
import type { WorldJob } from './in-workers.ts';
import { killPoints, runKillPoint } from './run-kill-point.ts';
import { runSeed } from './run-seed.ts';
import { scenarios } from './scenarios.ts';

/** Runs one world; throws what is wrong with it. */
export async function runJob(job: WorldJob): Promise<void> {
  const { seed, kill, scenario } = job;
  if (job.loadtests) return runControlJob(job);
  if (scenario !== undefined) {
    const run = scenarioOf(scenarios, scenario);
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

type Scenarios = Readonly<Record<string, (seed: number) => Promise<void>>>;
const scenarioOf = (all: Scenarios, name: string) => Object.entries(all).find(([known]) => known === name)?.[1];

async function runControlJob({ seed, kill, scenario }: WorldJob): Promise<void> {
  if (scenario !== undefined) {
    const run = scenarioOf(controlScenarios, scenario);
    if (run === undefined) throw new Error(`there is no scenario ${scenario} of load tests`);
    return run(seed);
  }
  if (kill === undefined) {
    await runControlSeed(seed);
    return;
  }
  const point = controlPoints.find((known) => known === kill.point);
  if (point === undefined) throw new Error(`no load test passes a point ${kill.point}`);
  await runControlKill(point, seed);
}

/** Every scenario, so many seeds each. */
export const scenarioJobs = (seeds: number): WorldJob[] =>
  Object.keys(scenarios).flatMap((scenario) => Array.from({ length: seeds }, (_, i) => ({ seed: i + 1, scenario })));

/** The same of load tests: worlds of chance, points and scenarios. */
export const controlJobs = (seeds: number): WorldJob[] =>
  Array.from({ length: seeds }, (_, i) => ({ seed: i + 1, loadtests: true }));

export const controlKillJobs = (seeds: number): WorldJob[] =>
  controlPoints.flatMap((point) => controlJobs(seeds).map((job) => ({ ...job, kill: { point, stage: 'loadtests' } })));

export const controlScenarioJobs = (seeds: number): WorldJob[] =>
  Object.keys(controlScenarios).flatMap((scenario) => controlJobs(seeds).map((job) => ({ ...job, scenario })));
