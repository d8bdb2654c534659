import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { messageOf } from '../base/errors.ts';
import { logLines } from '../base/log-lines.ts';
import { projectFile } from '../base/project-file.ts';
import type { Addon } from './addon.ts';

/** The same number as in native/src/addon.cpp: an addon of another build is not taken. */
const interfaceVersion = 7;
const lines = logLines('native');
let loaded: { readonly addon: Addon | undefined } | undefined;

/**
 * The C++ addon, or undefined where it was not built, does not load, or `DYNO_NATIVE` is `off`: then JavaScript does the
 * same, slower, and one log line says so. `DYNO_NATIVE` may also name the file to load.
 */
export function loadAddon(): Addon | undefined {
  loaded ??= { addon: load(process.env['DYNO_NATIVE'] ?? '') };
  return loaded.addon;
}

function load(wanted: string): Addon | undefined {
  if (wanted === 'off') return absent('DYNO_NATIVE is off');
  const file = wanted === '' || wanted === 'on' ? projectFile('build', 'Release', 'dyno_native.node') : wanted;
  if (!existsSync(file)) return absent('it is not built: "npm run build:native" says why');
  try {
    const addon = createRequire(import.meta.url)(file) as Partial<Addon>;
    if (addon.interfaceVersion === interfaceVersion) return addon as Addon;
    return absent(`it has interface ${addon.interfaceVersion}, expected ${interfaceVersion}: "npm run build:native"`);
  } catch (error) {
    return absent(messageOf(error));
  }
}

function absent(reason: string): undefined {
  lines.info({ event: 'native_absent', reason }, 'Decoding runs in JavaScript, without the C++ addon.');
}
