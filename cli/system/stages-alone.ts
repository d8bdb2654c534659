import { delay, systemClock } from '../../base/clock.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { publishStageStats } from '../../pipelines/runtime/publish-stage-stats.ts';
import { stageSummary } from '../../pipelines/runtime/stage-summary.ts';
import type { StageName } from '../stage-names.ts';
import { loadTestsFromFile } from './load-tests-file.ts';
import { openParts } from './parts.ts';
import { type RunningStages, runStages } from './stages.ts';
import { whenThere } from './when-there.ts';

export interface StagesAloneOptions {
  readonly names: readonly StageName[];
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly stderr: NodeJS.WritableStream;
}

const reportEveryMs = 10_000;

/**
 * Runs stages in this process until the signal; answers the exit code. Waits for a log, registry or ClickHouse that is
 * away at the start. A status line every 10 s goes to stderr.
 */
export async function runStagesAlone({ names, settings, signal, stderr }: StagesAloneOptions): Promise<number> {
  const clock = systemClock;
  const running = await whenThere(() => startStages(names, settings), { clock, signal, stderr });
  if (running === undefined) return 0;
  const { stages } = running;
  logLines('cli').info({ event: 'stages_running', stages: names, pid: process.pid }, 'Stages run.');
  while (!signal.aborted) {
    for (const run of stages.runs) {
      const { stage, tasks, state, lagRecords, problem } = stageSummary(run, clock);
      stderr.write(
        `${stage}: ${tasks} tasks, ${state}, ${lagRecords} records behind${problem === undefined ? '' : ` (${problem})`}\n`,
      );
    }
    await delay(clock, reportEveryMs, signal);
  }
  await running.stop();
  return 0;
}

interface StagesStarted {
  readonly stages: RunningStages;
  stop(): Promise<void>;
}

/** What was started is stopped again when a later part fails. */
async function startStages(names: readonly StageName[], settings: Settings): Promise<StagesStarted> {
  const clock = systemClock;
  const started: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const stopPart of started.splice(0).reverse()) await stopPart();
  };
  try {
    const inserts = names.some((name) => name === 'raw' || name === 'clickhouse');
    const parts = await openParts(settings, clock, { clickHouse: inserts });
    started.push(() => parts.close());
    // Only the stage that will steer needs to know what it may.
    const path = names.includes('loadtests') ? settings.loadTestsFile : undefined;
    const loadTests = await loadTestsFromFile({ path, log: parts.log, registry: parts.registry, clock });
    const stages = await runStages({ names, settings, parts, clock, loadTests });
    started.push(() => stages.stop());
    const schemaId = parts.schemaIds.get('dyno.stage-stats.v1')!;
    const stats = await publishStageStats({ log: parts.log, clock, runs: stages.runs, schemaId });
    started.push(() => stats.stop());
    return { stages, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
