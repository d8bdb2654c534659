import { delay, systemClock } from '../../../base/clock.ts';
import { loadSettings } from '../../../base/settings/load-settings.ts';
import { openParts } from '../../../cli/system/parts.ts';
import { runStages } from '../../../cli/system/stages.ts';
import { stageSummary } from '../../../pipelines/runtime/stage-summary.ts';
import { answerAndExit, childOptions, Meter } from './meter.ts';

/** The windows stage as `dynoscope run windows` runs it, until it has taken in so many records and committed them. */
interface Options {
  readonly records: number;
  readonly warmRecords: number;
  /** Each run reads the topic from its beginning: in a group of its own. */
  readonly epoch: number;
  readonly dataDir: string;
}

const pollMs = 20;
const clock = systemClock;
const options = childOptions<Options>();
const settings = { ...loadSettings({ cwd: options.dataDir, env: process.env }), epoch: options.epoch };
const parts = await openParts({ ...settings, dataDir: options.dataDir }, clock, { clickHouse: false });
const stages = await runStages({ names: ['windows'], settings, parts, clock });
const meter = new Meter(options.warmRecords);
const summary = () => stageSummary(stages.runs[0]!, clock);
while (meter.count < options.records) {
  await delay(clock, pollMs);
  const { stats, problem } = summary();
  if (problem !== undefined) throw new Error(problem);
  meter.done(stats['in'] ?? 0);
}
const { stats } = summary();
const commits = stages.runs[0]!.tasks().reduce((sum, task) => sum + task.commits, 0);
await stages.stop();
answerAndExit(
  meter.measured({ commits, windowed: stats['windowed'] ?? 0, late: stats['late'] ?? 0, hosts: stats['hosts'] ?? 0 }),
);
