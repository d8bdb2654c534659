import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { projectFile } from '../../base/project-file.ts';
import { rounded } from './alternate.ts';
import type { Bench, BenchContext, BenchResult } from './bench.ts';
import { costOf } from './process-cost.ts';
import { quantile } from './quantile.ts';
import { type Cluster, startCluster } from './world/cluster.ts';
import { startLiveFeed } from './world/live-feed.ts';

const shape = { hosts: 10_000, partitions: 24 };
const group = 'windows-e1';
const topic = 'dyno.counters.v1';
const settleMs = 12_000;
const pollMs = 25;
const withinMs = 60_000;
const killSecondsMax = 10;
const restartSecondsMax = 2;

/** Time without commits of a fleet of 10,000 hosts that goes on writing. */
export const bench: Bench = {
  name: 'restart',
  summary: 'kill -9 of one of two windows processes until all its partitions commit elsewhere; SIGTERM and start again',
  run: async (context) => {
    const cluster = await startCluster({ ...shape, say: context.say });
    const schemaId = cluster.schemaIds.get(topic)!;
    const stopFeed = await startLiveFeed({ ...shape, log: cluster.log, schemaId });
    try {
      return [await killed(cluster, context), await restarted(cluster, context)];
    } finally {
      await stopFeed();
      await cluster.close();
    }
  },
};

async function killed(cluster: Cluster, { runs, say }: BenchContext): Promise<BenchResult> {
  const seconds: number[] = [];
  let cpuS = 0;
  let survivor = startStage(cluster);
  for (let run = 1; run <= runs; run++) {
    const victim = startStage(cluster);
    await settled(cluster);
    const before = await positions(cluster);
    const spentS = cpuOf(survivor);
    const killedMs = performance.now();
    await end(victim, 'SIGKILL');
    const s = (await untilAllMoved(cluster, before)) - killedMs;
    seconds.push(s / 1_000);
    cpuS += cpuOf(survivor) - spentS;
    say(`restart: kill -9 run ${run} of ${runs}: every partition committed after ${rounded(s / 1_000)} s`);
    // Who survived is the next to be killed: each takes over once.
    if (run < runs) {
      const next = startStage(cluster);
      await settled(cluster);
      await end(survivor, 'SIGTERM');
      survivor = next;
    }
  }
  await end(survivor, 'SIGTERM');
  const unit = 's from kill -9 to the last first commit elsewhere';
  return resultOf({ unit, seconds, cpuS, most: killSecondsMax });
}

async function restarted(cluster: Cluster, { runs, say }: BenchContext): Promise<BenchResult> {
  const seconds: number[] = [];
  let cpuS = 0;
  let stage = startStage(cluster);
  for (let run = 1; run <= runs; run++) {
    await settled(cluster);
    const toldMs = performance.now();
    await end(stage, 'SIGTERM');
    const before = await positions(cluster);
    stage = startStage(cluster);
    const s = (await untilAnyMoved(cluster, before)) - toldMs;
    seconds.push(s / 1_000);
    cpuS += cpuOf(stage);
    say(`restart: SIGTERM run ${run} of ${runs}: first commit after ${rounded(s / 1_000)} s`);
  }
  await end(stage, 'SIGTERM');
  const unit = 's from SIGTERM to the first commit of the next process';
  return resultOf({ unit, seconds, cpuS, most: restartSecondsMax });
}

interface Found {
  readonly unit: string;
  readonly seconds: readonly number[];
  /** Of the process that goes on, in those seconds; what the one that ends still spends is not in it. */
  readonly cpuS: number;
  readonly most: number;
}

function resultOf({ unit, seconds, cpuS, most }: Found): BenchResult {
  const value = quantile(seconds, 0.5);
  return {
    bench: 'restart',
    value: rounded(value),
    unit,
    baseline: undefined,
    ratio: undefined,
    cpu_s: rounded(cpuS),
    wall_s: rounded(seconds.reduce((sum, s) => sum + s, 0)),
    required: `<= ${most}`,
    holds: Math.max(...seconds) <= most,
    facts: { ...shape, runs: seconds.length, worst: rounded(Math.max(...seconds)) },
  };
}

const cpuOf = (stage: ChildProcess): number => costOf(stage.pid!).cpuS;

function startStage({ env, folder }: Cluster): ChildProcess {
  return spawn(process.execPath, [projectFile('dist/cli/dynoscope.js'), 'run', 'windows'], {
    cwd: folder,
    env: { ...process.env, ...env, DYNO_LOG_LEVEL: 'error' },
    stdio: 'ignore',
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Every partition commits, and the members have had time to share them. */
async function settled(cluster: Cluster): Promise<void> {
  await wait(settleMs);
  await untilAllMoved(cluster, await positions(cluster));
}

async function positions({ log, partitions }: Cluster): Promise<readonly number[]> {
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const committed = await log.committedOffsets(group, all);
  return committed.map((found) =>
    found === undefined ? -1 : Number((JSON.parse(found.metadata) as { position: number }).position),
  );
}

const untilAllMoved = (cluster: Cluster, before: readonly number[]): Promise<number> =>
  until(cluster, (now) => now.every((position, partition) => position > before[partition]!));

const untilAnyMoved = (cluster: Cluster, before: readonly number[]): Promise<number> =>
  until(cluster, (now) => now.some((position, partition) => position > before[partition]!));

/** The moment at which it was first seen. */
async function until(cluster: Cluster, holds: (now: readonly number[]) => boolean): Promise<number> {
  const deadlineMs = performance.now() + withinMs;
  while (performance.now() < deadlineMs) {
    if (holds(await positions(cluster))) return performance.now();
    await wait(pollMs);
  }
  throw new Error(`partitions did not commit within ${withinMs} ms`);
}
