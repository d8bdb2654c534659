import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../../../base/testing/random.ts';
import type { StageName } from '../../../cli/stage-names.ts';
import type { CommitPoint } from '../../../pipelines/runtime/delivery.ts';
import { Program } from '../../program/program.ts';
import { killPoints } from '../simulation/run-kill-point.ts';
import { type SystemProcess, systemProcessFile } from './system-process.ts';

export interface KillAtPoints {
  readonly dataDir: string;
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
  /** Default: one at every point, in an order of chance. */
  readonly deaths?: readonly Death[];
  readonly random: Random;
}

export interface Death {
  readonly stage: StageName;
  readonly point: CommitPoint;
}

/** A process that has not met its point by then is stopped by hand: not every start brings a rebuild. */
const lifeMsMax = 45_000;
/** Processes that die one after another, each at a point, on the same data; then one that settles. Answers who died where. */
export async function killAtPoints(options: KillAtPoints): Promise<readonly string[]> {
  const died: string[] = [];
  for (const { stage, point } of options.deaths ?? everyPoint(options.random)) {
    // Take-overs and rebuilds come once a start.
    const once = point === 'rebuilding' || point.endsWith('_own');
    const passage = once ? 1 : options.random.between(2, 8);
    const signal = await endOf(start(options, { settles: false, at: { stage, point, passage, signal: 'SIGKILL' } }));
    if (signal === 'SIGKILL') died.push(`${stage} ${point}`);
  }
  const last = start(options, { settles: true });
  const code = await last.ended();
  if (code !== 0) throw new Error(`the last program ended with ${code}; it said:\n${last.stderr}`);
  return died;
}

const everyPoint = (random: Random): readonly Death[] =>
  shuffled(random, killPoints).flatMap(({ point, stages }) =>
    // Between an insert's effect and its answer there is no place inside the process: for others it is the point after.
    point === 'insert_applied' ? [] : [{ point, stage: random.pick(stages) }],
  );

function shuffled<T>(random: Random, all: readonly T[]): readonly T[] {
  const left = [...all];
  return all.map(() => left.splice(random.between(0, left.length - 1), 1)[0]!);
}

function start({ dataDir, config, env }: KillAtPoints, told: Pick<SystemProcess, 'settles' | 'at'>): Program {
  const stages = ['windows', 'tiers', 'raw', 'clickhouse'] as const;
  const all: SystemProcess = { dataDir, config, stages, hosts: 24, ...told };
  return new Program({ file: systemProcessFile, args: [JSON.stringify(all)], env });
}

/** The signal that ended it by itself; undefined when it had to be stopped. */
async function endOf(program: Program): Promise<string | undefined> {
  const late = new AbortController();
  const lived = wait(lifeMsMax, undefined, { signal: late.signal }).catch(() => undefined);
  const end = await Promise.race([program.ended(), lived]);
  late.abort();
  if (typeof end === 'number') throw new Error(`the program ended by itself with ${end}; it said:\n${program.stderr}`);
  if (end === undefined) await program.signal('SIGTERM');
  return end;
}
