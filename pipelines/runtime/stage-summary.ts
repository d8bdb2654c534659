import type { Clock } from '../../base/clock.ts';
import type { StageRun } from './run-stage.ts';
import type { Task } from './task.ts';

export interface StageSummary {
  readonly stage: string;
  readonly tasks: number;
  readonly state: 'running' | 'rebuilding' | 'paused' | 'failed';
  readonly problem: string | undefined;
  /** Records known to be in the inputs and not yet given to the graph. */
  readonly lagRecords: number;
  /** Age of the newest record read where not everything has been read, 0 where it has; of a waiting task: since its last commit. */
  readonly lagMs: number;
  readonly lostRecords: number;
  /** A sentence when the log may soon drop records that were not read. */
  readonly nearLoss: string | undefined;
  readonly lastCommitAgeMs: number | undefined;
  /** Sums over the tasks of what their graphs count; names ending in `_ms` are moments: the oldest. */
  readonly stats: Readonly<Record<string, number>>;
}

/** How a stage is in this process, summed over its tasks. */
export function stageSummary(run: StageRun, clock: Clock): StageSummary {
  const tasks = run.tasks();
  const behind = tasks.filter((task) => task.inputs.some((input) => input.expected < input.end));
  const ageOf = (task: Task): number => clock.monotonicMs() - task.lastCommitAtMs;
  const ages = tasks.map(ageOf).filter((age) => !Number.isNaN(age));
  const agesBehind = behind.map(ageOf).filter((age) => !Number.isNaN(age));
  return {
    stage: run.stage,
    tasks: tasks.length,
    state: stateOf(run, tasks),
    problem: run.problem() ?? run.outage() ?? tasks.find((task) => task.problem !== undefined)?.problem,
    lagRecords: sum(tasks.flatMap((task) => task.inputs).map((input) => Math.max(0, input.end - input.expected))),
    lagMs: Math.max(0, ...tasks.map((task) => lagMsOf(task, clock))),
    lostRecords: sum(tasks.map((task) => task.lostRecords)),
    nearLoss: run.nearLoss(),
    // A task with nothing to read commits nothing: its last commit may be old in health.
    lastCommitAgeMs: agesBehind.length > 0 ? Math.max(...agesBehind) : ages.length > 0 ? Math.min(...ages) : undefined,
    stats: sumOfStats(tasks.map((task) => task.stats)),
  };
}

/** The state of one task in the words of the stage. */
export function taskStateOf(task: Task): StageSummary['state'] {
  if (task.state === 'failed') return 'failed';
  if (task.state === 'waiting' || task.state === 'stopped') return 'paused';
  return task.state === 'running' ? 'running' : 'rebuilding';
}

function stateOf(run: StageRun, tasks: readonly Task[]): StageSummary['state'] {
  if (run.problem() !== undefined) return 'failed';
  if (run.outage() !== undefined) return 'paused';
  const states = new Set(tasks.map(taskStateOf));
  return (['failed', 'paused', 'rebuilding'] as const).find((state) => states.has(state)) ?? 'running';
}

function lagMsOf(task: Task, clock: Clock): number {
  if (task.state === 'waiting' || task.state === 'failed') return clock.monotonicMs() - task.lastCommitAtMs;
  const behind = task.inputs.filter((input) => input.expected < input.end && !Number.isNaN(input.newestAppendMs));
  return Math.max(0, ...behind.map((input) => clock.nowMs() - input.newestAppendMs));
}

function sumOfStats(stats: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const one of stats) {
    for (const [name, value] of Object.entries(one)) {
      const before = sums[name];
      if (before === undefined) sums[name] = value;
      else sums[name] = name.endsWith('_ms') ? Math.min(before, value) : before + value;
    }
  }
  return sums;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
