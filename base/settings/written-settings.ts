import { dirname } from 'node:path';
import { CheckedValue, type Parsed } from '../yaml/checked-value.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';
import { allSettings } from './all-settings.ts';
import type { Setting } from './setting.ts';

export const settingsCode = 'DYNO_USAGE_SETTINGS';

/** What was written for one key, and the folder where its relative paths start. */
export interface Written {
  readonly value: CheckedValue;
  readonly folder: string;
}

/** By dotted key. */
export type WrittenSettings = ReadonlyMap<string, Written>;

const specs: readonly Setting<unknown>[] = Object.values(allSettings);
const keys = specs.map(({ key }) => key);

/** Everything that `dynoscope.yaml` sets; keys without a value are not set. */
export function writtenInFile(source: {
  readonly file: string;
  readonly path: string;
  readonly text: string;
}): WrittenSettings {
  const written = new Map<string, Written>();
  const collect = (value: CheckedValue, prefix: string): void => {
    const what = prefix === '' ? 'the settings' : prefix;
    for (const [name, child] of value.fields(what, namesUnder(prefix))) {
      const key = prefix === '' ? name : `${prefix}.${name}`;
      if (child.isAbsent) continue;
      if (keys.includes(key)) written.set(key, { value: child, folder: dirname(source.path) });
      else collect(child, key);
    }
  };
  collect(parseYaml({ ...source, code: settingsCode }), '');
  return written;
}

/** Names that may stand directly under a section. */
function namesUnder(prefix: string): string[] {
  const start = prefix === '' ? '' : `${prefix}.`;
  const below = keys.filter((key) => key.startsWith(start)).map((key) => key.slice(start.length).split('.')[0]!);
  return [...new Set(below)];
}

/** What the environment sets; an empty variable is not set. */
export function writtenInEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): WrittenSettings {
  const written = new Map<string, Written>();
  for (const { key, env: name } of specs) {
    const text = name === undefined ? undefined : env[name];
    if (text === undefined || text === '') continue;
    written.set(key, { value: new CheckedValue(`environment variable ${name}`, text, settingsCode), folder });
  }
  return written;
}

/** What flags set, by dotted key: texts, numbers, booleans, lists of them. `undefined` is not set. */
export function writtenInOverrides(overrides: Readonly<Record<string, unknown>>, folder: string): WrittenSettings {
  const asked = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const fields = new Map(
    asked.map(([key, value]) => [key, { keyPlace: 'overrides', value: checked(`override ${key}`, value) }]),
  );
  const known = new CheckedValue('overrides', fields, settingsCode).fields('the settings', keys);
  return new Map([...known].map(([key, value]) => [key, { value, folder }]));
}

/** `overwatch.port=9090` of a flag as an override; the value is read as YAML, so lists and numbers can be given. */
export function parseOverride(text: string): readonly [key: string, value: unknown] {
  const at = text.indexOf('=');
  const place = `--set ${text}`;
  if (at <= 0) throw new CheckedValue(place, text, settingsCode).wrong('key=value');
  return [text.slice(0, at), parseYaml({ file: place, text: text.slice(at + 1), code: settingsCode })];
}

function checked(place: string, value: unknown): CheckedValue {
  return value instanceof CheckedValue ? value : new CheckedValue(place, parsedOf(place, value), settingsCode);
}

function parsedOf(place: string, value: unknown): Parsed {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((item) => checked(place, item));
  return null;
}
