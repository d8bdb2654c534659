import { DynoError } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { type StageName, stageNames } from '../stage-names.ts';
import { backfillIn } from './backfill-options.ts';

/** `dynoscope run`: some stages, in one process or several, against real servers. */
export const run = defineCommand({
  name: 'run',
  summary: `Runs stages (${stageNames.join(', ')}) against the configured log, registry and ClickHouse.`,
  configure: (command) =>
    command
      .argument('<stage...>', `one or more of: ${stageNames.join(', ')}`)
      .option('--workers <n>', 'processes that share the work in one group', '1')
      .option('--config <file>', 'settings file (default dynoscope.yaml, if there is one)')
      .option('--from <time>', 'computes a past range again: windows that end after this moment (ISO 8601)')
      .option('--to <time>', 'and by this one; the program ends when they are computed')
      .option('--epoch <n>', 'epoch under which the range is computed, beside the live one'),
  example: 'dynoscope run --help',
  run: runCommand,
});

async function runCommand(call: CommandCall): Promise<number> {
  const { loadSettings } = await import('../../base/settings/load-settings.ts');
  const names = stagesIn(call.args);
  const workers = Number(call.options['workers']);
  if (!Number.isInteger(workers) || workers < 1 || workers > 64)
    throw new DynoError(
      'DYNO_USAGE_RUN',
      `--workers ${String(call.options['workers'])} is not a whole number from 1 to 64`,
    );
  const config = call.options['config'];
  const settings = loadSettings({
    cwd: process.cwd(),
    env: process.env,
    ...(typeof config === 'string' && { file: config }),
  });
  refuseEmbedded(names, settings);
  const backfill = backfillIn(call.options, names, settings);
  if (backfill !== undefined) {
    const { runBackfillAlone } = await import('../system/backfill-alone.ts');
    return runBackfillAlone({ names, settings, ...backfill, signal: call.signal, stderr: call.stderr });
  }
  if (workers > 1) {
    const { runWorkers } = await import('../system/workers.ts');
    return runWorkers({
      args: ['run', ...names, ...(typeof config === 'string' ? ['--config', config] : [])],
      workers,
      signal: call.signal,
      stderr: call.stderr,
    });
  }
  const { runStagesAlone } = await import('../system/stages-alone.ts');
  return runStagesAlone({ names, settings, signal: call.signal, stderr: call.stderr });
}

function stagesIn(args: readonly string[]): StageName[] {
  return [...new Set(args)].map((name) => {
    const stage = stageNames.find((known) => known === name);
    if (stage === undefined)
      throw new DynoError('DYNO_USAGE_RUN', `there is no stage "${name}"; stages are ${stageNames.join(', ')}`);
    return stage;
  });
}

/** An embedded part belongs to one process: another one beside it could not share the work. */
function refuseEmbedded(names: readonly StageName[], settings: Settings): void {
  const missing: string[] = [];
  if (settings.log.kafkaBrokers.length === 0) missing.push('the log is embedded (set KAFKA_BROKERS)');
  if (settings.registry.url === undefined)
    missing.push(
      'the schema registry is embedded (set SCHEMA_REGISTRY_URL; a running "dynoscope start" prints its registryUrl)',
    );
  const inserting = names.filter((name) => name === 'raw' || name === 'clickhouse');
  if (inserting.length > 0 && settings.clickhouse.url === undefined)
    missing.push(`ClickHouse is embedded and ${inserting.join(' and ')} would insert into it (set CLICKHOUSE_URL)`);
  if (missing.length > 0)
    throw new DynoError(
      'DYNO_USAGE_RUN',
      `"run ${names.join(' ')}" needs parts that several processes can share, but ${missing.join('; ')}. "dynoscope start" runs everything in one process`,
    );
}
