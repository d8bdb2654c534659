import { DynoError } from '../../base/errors.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import type { Settings } from '../../base/settings/settings.ts';
import type { EpochChoice } from '../../sinks/clickhouse/current-epochs.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { runningApi } from '../query-source.ts';
import type { EpochWrite } from '../setup/epoch-write.ts';
import { timeIn } from './backfill-options.ts';

/** `dynoscope epoch`: which epoch's rows the views show. */
export const epoch = defineCommand({
  name: 'epoch',
  summary:
    'Shows or chooses the epoch whose windows are current in ClickHouse, after a backfill or a change of partitions.',
  configure: (command) =>
    command
      .argument('<list|use>', 'list: every choice, the newest first; use: make an epoch current')
      .argument('[n]', 'the epoch')
      .option('--from <time>', 'for windows that end after this moment (ISO 8601); default: the beginning')
      .option('--to <time>', 'and by this one; default: the end of time')
      .option('--data <dir>', 'data directory, for the embedded engine; default: that of the settings')
      .option('--json', 'one JSON object a line on stdout'),
  example: 'dynoscope epoch list --data .dynoscope',
  run: runCommand,
});

async function runCommand(call: CommandCall): Promise<number> {
  const { data, json } = call.options;
  const overrides = typeof data === 'string' ? { data_dir: data } : {};
  const settings = loadSettings({ cwd: process.cwd(), env: process.env, overrides });
  const choices = await choicesAfter(call, settings, wantedChoice(call) ?? {});
  if (choices.length === 0) call.stderr.write('No epoch was chosen: the views show the rows of every epoch.\n');
  for (const choice of choices)
    call.stdout.write(json === true ? `${JSON.stringify(inTimes(choice))}\n` : `${inWords(choice)}\n`);
  return 0;
}

/** Through the running program when it alone has the embedded engine. */
async function choicesAfter(call: CommandCall, settings: Settings, body: EpochWrite): Promise<readonly EpochChoice[]> {
  const running = settings.clickhouse.url === undefined ? await runningApi(settings.dataDir) : undefined;
  if (running !== undefined) {
    const { writeThrough } = await import('../setup/running-program.ts');
    const request = { path: 'epochs', body, who: process.env['USER'] ?? 'dynoscope-epoch', signal: call.signal };
    return (await writeThrough(running, request)) as readonly EpochChoice[];
  }
  const { openConfiguredClickHouse } = await import('../../sinks/clickhouse/open-configured.ts');
  const { migrate } = await import('../../sinks/clickhouse/migrate.ts');
  const { chosen } = await import('../setup/epoch-write.ts');
  const clickHouse = await openConfiguredClickHouse(settings);
  try {
    await migrate(clickHouse);
    return await chosen(clickHouse, body);
  } finally {
    await clickHouse.close();
  }
}

/** undefined = only list. */
function wantedChoice({ args, options }: CommandCall): EpochChoice | undefined {
  const [what, number] = args;
  if (what === 'list' && number === undefined) return undefined;
  const epochNumber = Number(number);
  if (what !== 'use' || !Number.isInteger(epochNumber) || epochNumber < 1)
    throw new DynoError('DYNO_USAGE_BACKFILL', `"epoch ${args.join(' ')}" is neither "epoch list" nor "epoch use N"`);
  const { from, to } = options;
  const fromMs = typeof from === 'string' ? timeIn('--from', from) : 0;
  const toMs = typeof to === 'string' ? timeIn('--to', to) : 4_294_967_295_000;
  if (fromMs >= toMs)
    throw new DynoError('DYNO_USAGE_BACKFILL', `--from ${String(from)} is not before --to ${String(to)}`);
  return { fromMs, toMs, epoch: epochNumber };
}

const inTimes = ({ fromMs, toMs, epoch }: EpochChoice) => ({
  from: new Date(fromMs).toISOString(),
  to: new Date(toMs).toISOString(),
  epoch,
});

const inWords = (choice: EpochChoice): string => {
  const { from, to, epoch } = inTimes(choice);
  return `epoch ${epoch} after ${from} to ${to}`;
};
