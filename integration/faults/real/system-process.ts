import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { delay, systemClock } from '../../../base/clock.ts';
import { poisonGivenBack } from '../../../base/lent-memory.ts';
import { loadSettings } from '../../../base/settings/load-settings.ts';
import type { StageName } from '../../../cli/stage-names.ts';
import { openParts, type Parts } from '../../../cli/system/parts.ts';
import { startSimulatedFleet } from '../../../cli/system/simulated-fleet.ts';
import { runStages } from '../../../cli/system/stages.ts';
import type { CommitPoint } from '../../../pipelines/runtime/delivery.ts';
import { completeThroughMs } from '../../kill/check-rows.ts';

/** What the process is told, as JSON, in its only argument. */
export interface SystemProcess {
  readonly dataDir: string;
  readonly config: string;
  readonly stages: readonly StageName[];
  /** Of the simulated fleet; 0 = none. */
  readonly hosts: number;
  /** At the n-th passage of this point the process sends itself the signal. */
  readonly at?: {
    readonly stage: StageName;
    readonly point: CommitPoint;
    readonly passage: number;
    readonly signal: 'SIGKILL' | 'SIGSTOP';
  };
  /** Ends in order once ClickHouse holds all that was sampled until ten seconds after it was ready. */
  readonly settles: boolean;
}

export const systemProcessFile = fileURLToPath(import.meta.url);

/** ClickHouse stands still for longer than a catching-up hold, a window and its lateness take: something is stuck. */
const stuckMs = 120_000;

/**
 * A program for tests alone: stages, and a fleet if wanted, on the log that the environment names, which kills or freezes
 * itself at a named point. Says `ready`, and `at_point` just before the signal, as JSON lines; ends in order at SIGTERM.
 */
async function runSystem({ dataDir, config, stages: names, hosts, at, settles }: SystemProcess): Promise<void> {
  poisonGivenBack();
  const clock = systemClock;
  const settings = loadSettings({ cwd: dataDir, env: process.env, file: config, overrides: { data_dir: dataDir } });
  const clickHouse = names.some((name) => name === 'clickhouse' || name === 'raw');
  const parts = await openParts(settings, clock, { clickHouse });
  let passagesLeft = at?.passage ?? 0;
  const stages = await runStages({
    names,
    settings,
    parts,
    clock,
    at: (stage, point) => {
      if (stage !== at?.stage || point !== at.point || --passagesLeft !== 0) return;
      say('at_point');
      process.kill(process.pid, at.signal);
    },
  });
  const fleet = hosts === 0 ? undefined : await startSimulatedFleet({ settings, parts, clock, hosts, seed: 1 });
  say('ready');
  const ended = new Promise((resolve) => process.once('SIGTERM', resolve));
  await (settles ? settled(parts) : ended);
  await fleet?.stop();
  await stages.stop();
  await parts.close();
}

/** Written before the next statement runs: the signal may be the last thing that happens here. */
const say = (event: string): void => void writeSync(1, `${JSON.stringify({ event })}\n`);

async function settled({ clickHouse }: Parts): Promise<void> {
  const throughMs = systemClock.nowMs() + 10_000;
  let wholeMs = 0;
  let movedAtMs = systemClock.monotonicMs();
  while (wholeMs < throughMs) {
    const tables = ['host_windows', 'tier_seconds', 'tier_windows'];
    const reached = await Promise.all(tables.map((table) => completeThroughMs(clickHouse!, table)));
    if (Math.min(...reached) > wholeMs) movedAtMs = systemClock.monotonicMs();
    wholeMs = Math.min(...reached);
    if (systemClock.monotonicMs() - movedAtMs > stuckMs)
      throw new Error(`ClickHouse is whole through ${reached.join(', ')} only, and stands still before ${throughMs}`);
    await delay(systemClock, 1_000);
  }
}

if (process.argv[1] === systemProcessFile) await runSystem(JSON.parse(process.argv[2]!) as SystemProcess);
