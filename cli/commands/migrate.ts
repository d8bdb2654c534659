import { hasCode } from '../../base/errors.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { runningApi } from '../query-source.ts';

/** `dynoscope migrate`: the ClickHouse schema. */
export const migrate = defineCommand({
  name: 'migrate',
  summary: 'Brings the ClickHouse schema to what this version expects; running it again changes nothing.',
  configure: (command) =>
    command
      .option('--data <dir>', 'data directory, for the embedded engine; default: that of the settings')
      .option('--json', 'one JSON object on stdout'),
  example: 'dynoscope migrate --data .dynoscope',
  run: async (call) => {
    const { data, json } = call.options;
    const overrides = typeof data === 'string' ? { data_dir: data } : {};
    const settings = loadSettings({ cwd: process.cwd(), env: process.env, overrides });
    const done = await migrateOnce(settings, call);
    if (done === undefined) return 0;
    if (json === true) call.stdout.write(`${JSON.stringify(done)}\n`);
    else call.stdout.write(describe(done));
    return 0;
  },
});

interface Done {
  readonly applied: readonly string[];
  readonly columnsAdded: readonly string[];
}

/** undefined = a running program has the embedded engine; it has migrated at its start. */
async function migrateOnce(settings: Settings, call: CommandCall): Promise<Done | undefined> {
  const running = settings.clickhouse.url === undefined ? await runningApi(settings.dataDir) : undefined;
  if (running !== undefined) return sayMigrated(running.pid, call);
  const { openConfiguredClickHouse } = await import('../../sinks/clickhouse/open-configured.ts');
  const { migrate: bringUpToDate } = await import('../../sinks/clickhouse/migrate.ts');
  try {
    const clickHouse = await openConfiguredClickHouse(settings);
    try {
      return await bringUpToDate(clickHouse);
    } finally {
      await clickHouse.close();
    }
  } catch (error) {
    // Started between the question and the opening.
    const starting = hasCode(error, 'DYNO_CLICKHOUSE_DIR_IN_USE') ? await runningApi(settings.dataDir) : undefined;
    if (starting === undefined) throw error;
    return sayMigrated(starting.pid, call);
  }
}

function sayMigrated(pid: number, call: CommandCall): undefined {
  call.stderr.write(`dynoscope: process ${pid} has the embedded ClickHouse and migrated it at its start.\n`);
}

const describe = ({ applied, columnsAdded }: Done): string =>
  applied.length + columnsAdded.length === 0
    ? 'The schema is up to date.\n'
    : [...applied.map((file) => `applied ${file}`), ...columnsAdded.map((column) => `added ${column}`), ''].join('\n');
