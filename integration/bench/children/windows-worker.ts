import { delay, systemClock } from '../../../base/clock.ts';
import { loadSettings } from '../../../base/settings/load-settings.ts';
import { openParts } from '../../../cli/system/parts.ts';
import { runStages } from '../../../cli/system/stages.ts';
import { stageSummary } from '../../../pipelines/runtime/stage-summary.ts';
import { childOptions } from './meter.ts';

/** One of several members of the windows stage: says every 50 ms how far its tasks are and what it has cost, until SIGTERM. */
interface Options {
  readonly epoch: number;
  readonly dataDir: string;
}

const sayEveryMs = 50;
const clock = systemClock;
const options = childOptions<Options>();
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
const settings = { ...loadSettings({ cwd: options.dataDir, env: process.env }), ...options };
const parts = await openParts(settings, clock, { clickHouse: false });
const stages = await runStages({ names: ['windows'], settings, parts, clock });
while (!stopping.signal.aborted) {
  const { tasks, stats } = stageSummary(stages.runs[0]!, clock);
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${JSON.stringify({ tasks, count: stats['in'] ?? 0, cpuS: (user + system) / 1e6 })}\n`);
  await delay(clock, sayEveryMs, stopping.signal);
}
await stages.stop();
process.exit(0);
