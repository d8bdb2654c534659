import { deepEqual, equal } from 'node:assert/strict';
import { join } from 'node:path';
import { loadSettings } from '../../../base/settings/load-settings.ts';
import type { StageName } from '../../../cli/stage-names.ts';
import { ask } from '../../../sinks/clickhouse/ask.ts';
import { openClickHouse } from '../../../sinks/clickhouse/connection.ts';
import type { Program } from '../../program/program.ts';
import { until } from '../../system/running.ts';
import { checkSoak, type SoakChecked } from './check-soak.ts';
import type { FeedCounts } from './feed.ts';
import { byMinute, flatBounds, leastOfMinutes, type MemoryCurve, memoryCurve, outsideHeap } from './memory-curve.ts';
import { settled } from './settled.ts';
import { soakFaults } from './soak-faults.ts';
import { SoakWorld } from './soak-world.ts';

export interface SoakOptions {
  readonly durationMs: number;
  readonly seed: number;
  /** Talk. */
  readonly say: (words: string) => void;
}

export interface SoakResult {
  readonly soak: string;
  readonly seed: number;
  readonly hosts: number;
  /** Did the memory of every measured process stay within the bounds? Results are compared before: a difference throws. */
  readonly flat: boolean;
  readonly bounds: typeof flatBounds;
  readonly memory: Readonly<Record<string, ProcessMemory>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly feed: FeedCounts;
  readonly compared: SoakChecked;
}

interface ProcessMemory {
  readonly rss: MemoryCurve;
  readonly heapUsed: MemoryCurve;
  /** What garbage collection leaves. */
  readonly heapLeft: MemoryCurve;
  readonly arrayBuffers: MemoryCurve;
  /** Resident and neither heap nor buffers: code, and what the allocator keeps. */
  readonly outside: MemoryCurve;
  /** From the start, warm-up included. */
  readonly byMinute: ReturnType<typeof byMinute>;
}

const hosts = 500;
const partitions = 4;
const measured: readonly StageName[] = ['windows', 'tiers'];
const warmUpMs = 300_000;
const firstCommitWithinMs = 60_000;

/**
 * Real Kafka, `dynoscope run windows` and `run tiers` as processes, a steady feed, and faults of chance for as long as
 * asked. The memory of both processes must stay flat, and what lies in the result topics must be what plain loops make
 * of the input: nothing lost, nothing doubled.
 */
export async function runSoak({ durationMs, seed, say }: SoakOptions): Promise<SoakResult> {
  const world = await SoakWorld.start({ hosts, partitions, seed, say });
  const ending = (): void => {
    void world.close().finally(() => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, ending);
  try {
    return await soak(world, durationMs);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, ending);
    await world.close();
  }
}

async function soak(world: SoakWorld, durationMs: number): Promise<SoakResult> {
  const { say, seed } = world.options;
  const programs = measured.map((stage) => [stage, world.runMeasured(stage)] as const);
  const feed = world.startFeed();
  const check = (): void => {
    for (const [stage, program] of programs) mustRun(stage, program);
    feed.mustRun();
    world.clickHouse.mustRun();
  };
  await until('a first commit of windows', firstCommitWithinMs, async () => {
    check();
    const input = { topic: 'dyno.counters.v1', partition: 0 };
    return (await world.log.committedOffsets('windows-e1', [input]))[0];
  });
  const startMs = Date.now();
  say(`${hosts} hosts, ${measured.join(' and ')} are measured for ${Math.round(durationMs / 1_000)} s`);
  const { counts: faults, clickHouseStage } = await soakFaults({ world, feed, durationMs, check });
  const endMs = Date.now();
  const said = (await feed.end()) as FeedCounts;
  say(`the feed has ended: ${JSON.stringify(said)}`);
  await settled(world.log, said.lastMs);
  for (const [stage, program] of [...programs, ['clickhouse', clickHouseStage] as const]) {
    mustRun(stage, program);
    equal(await program.signal('SIGTERM'), 0, `${stage} ended in order; it said:\n${program.stderr}`);
  }
  await world.clickHouse.end();
  say('comparing with plain loops');
  const { tierSecondsMetrics: metrics } = loadSettings({ cwd: world.folder, env: {} }).windows;
  const compared = await checkSoak({ log: world.log, metrics, placed: hosts * 2 });
  await checkClickHouse(join(world.folder, 'clickhouse'), compared);
  const fromMs = startMs + Math.min(warmUpMs, durationMs / 6);
  const memory = Object.fromEntries(measured.map((stage) => [stage, curvesOf(world, stage, { fromMs, endMs })]));
  const flat = Object.values(memory).every(({ rss }) => rss.flat);
  const minutes = Math.round(durationMs / 6_000) / 10;
  return { soak: `${minutes} min`, seed, hosts, flat, bounds: flatBounds, memory, faults, feed: said, compared };
}

function curvesOf(
  world: SoakWorld,
  stage: StageName,
  { fromMs, endMs }: { fromMs: number; endMs: number },
): ProcessMemory {
  const samples = world.memoryOf(stage).filter(({ atMs }) => atMs <= endMs);
  const curveOf = (figure: 'rss' | 'heapUsed' | 'arrayBuffers') => memoryCurve(samples, figure, fromMs);
  return {
    rss: curveOf('rss'),
    heapUsed: curveOf('heapUsed'),
    heapLeft: memoryCurve(leastOfMinutes(samples), 'heapUsed', fromMs),
    arrayBuffers: curveOf('arrayBuffers'),
    outside: memoryCurve(samples.map(outsideHeap), 'rss', fromMs),
    byMinute: byMinute(samples),
  };
}

/** The rows of the topics are in ClickHouse too. Merges run there, so that none is doubled is shown elsewhere (`clickhouse/`). */
async function checkClickHouse(dataDir: string, { hostWindows, tierSeconds }: SoakChecked): Promise<void> {
  const clickHouse = await openClickHouse({ url: undefined, user: '', password: '', dataDir });
  try {
    for (const [table, wanted] of [['host_windows', hostWindows] as const, ['tier_seconds', tierSeconds] as const]) {
      const sql = `SELECT count() AS rows, uniqExact(host, time) AS different FROM dynoscope.${table}`;
      const [found] = await ask(clickHouse, { sql });
      deepEqual({ table, ...found }, { table, rows: wanted, different: wanted });
    }
  } finally {
    await clickHouse.close();
  }
}

function mustRun(stage: string, program: Program): void {
  if (!program.running) throw new Error(`${stage} ended by itself; it said:\n${program.stderr}`);
}
