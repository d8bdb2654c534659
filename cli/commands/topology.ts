import { DynoError, messageOf } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import type { TopologyWrite, TopologyWritten } from '../setup/topology-write.ts';

/** `dynoscope topology apply FILE`: inventory of hosts and services into the log. */
export const topology = defineCommand({
  name: 'topology',
  summary: 'Applies an inventory of hosts and services (YAML or CSV): apply FILE. Applying it again changes nothing.',
  configure: (command) =>
    command
      .argument('<action>', 'apply')
      .argument(
        '<file>',
        'topology.yaml, or a CSV file with the columns host, tier, service, …; - reads YAML from stdin',
      )
      .option('--data <dir>', 'data directory (default .dynoscope)')
      .option('--config <file>', 'settings file (default dynoscope.yaml, if there is one)')
      .option('--json', 'one JSON object on stdout'),
  example: 'dynoscope topology apply docs/examples/topology.yaml',
  run: async (call) => {
    const [action, file] = call.args;
    if (action !== 'apply' || file === undefined) {
      throw new DynoError(
        'DYNO_USAGE_COMMAND',
        `"${action}" is not what topology does; write "dynoscope topology apply FILE"`,
      );
    }
    const { settingsOfCall } = await import('../setup/settings-of-call.ts');
    const written = await write(call, settingsOfCall(call), { file: nameOf(file), text: await textOf(file) });
    call.stdout.write(call.options['json'] === true ? `${JSON.stringify(written)}\n` : `${written.says}\n`);
    return 0;
  },
});

async function write(call: CommandCall, settings: Settings, body: TopologyWrite): Promise<TopologyWritten> {
  const { holderOfEmbeddedParts, writeThrough } = await import('../setup/running-program.ts');
  const holder = await holderOfEmbeddedParts(settings);
  if (holder !== undefined) {
    const request = { path: 'topology', body, who: process.env['USER'] ?? 'dynoscope-topology', signal: call.signal };
    return (await writeThrough(holder, request)) as TopologyWritten;
  }
  const { withLogAndRegistry } = await import('../setup/with-log-and-registry.ts');
  const { applyTopics } = await import('../setup/apply-topics.ts');
  const { applied } = await import('../setup/topology-write.ts');
  const { systemClock } = await import('../../base/clock.ts');
  return withLogAndRegistry(settings, async (parts) => {
    await applyTopics({ ...parts, partitions: settings.log.partitions });
    return applied({ ...parts, clock: systemClock }, body);
  });
}

const nameOf = (file: string): string => (file === '-' ? 'stdin' : file);

async function textOf(file: string): Promise<string> {
  const { readFileSync } = await import('node:fs');
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new DynoError('DYNO_USAGE_TOPOLOGY', `${file}: the file cannot be read: ${messageOf(cause)}`, { cause });
  }
}
