import { allSettings } from '../base/settings/all-settings.ts';
import type { Setting } from '../base/settings/setting.ts';
import { page, row } from './reference-pages.ts';

/** `docs/reference/settings.md`: everything that a user can set. */
export function settingsPage(): string {
  const intro = [
    'Keys of `dynoscope.yaml` (read where the program is started), by their nesting: `overwatch.port` is `overwatch:` with `port:` below it.',
    'The environment wins over the file, flags win over both. Relative paths start at the folder of the file that names them.',
    '`DYNO_LOG_LEVEL` sets how much is logged (`info`).',
  ].join('\n');
  const header = ['| key | environment | value | default | says |', '|---|---|---|---|---|'];
  return page('Settings', intro, [[...header, ...Object.values(allSettings).map(settingLine)].join('\n')]);
}

const settingLine = (setting: Setting<unknown>): string =>
  row([
    `\`${setting.key}\``,
    setting.env === undefined ? '' : `\`${setting.env}\``,
    setting.type,
    setting.fallbackWords ?? fallbackWords(setting.fallback),
    setting.summary,
  ]);

function fallbackWords(fallback: unknown): string {
  if (fallback === undefined || fallback === '' || (Array.isArray(fallback) && fallback.length === 0)) return 'none';
  return `\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``;
}
