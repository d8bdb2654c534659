import { loadSettings } from '../../base/settings/load-settings.ts';
import type { Settings } from '../../base/settings/settings.ts';
import type { CommandCall } from '../command.ts';

/** Settings of a command with the options `--config` and `--data`, from the folder and environment of this process. */
export function settingsOfCall(call: CommandCall, overrides: Readonly<Record<string, unknown>> = {}): Settings {
  const { config, data } = call.options as Readonly<Record<'config' | 'data', string | undefined>>;
  return loadSettings({
    cwd: process.cwd(),
    env: process.env,
    ...(config !== undefined && { file: config }),
    overrides: { data_dir: data, ...overrides },
  });
}
