import { deepEqual, equal } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../native/load-addon.ts';

const skip = loadAddon() === undefined ? 'the addon is not built: npm run build:native' : false;
const seeds = Array.from({ length: Number(process.env['DYNO_TEST_RUNS'] ?? 6) }, (_, seed) => String(seed + 1));

const linesWith = (native: string): string[] => {
  const child = fileURLToPath(new URL('windows-bytes.js', import.meta.url));
  const env = { ...process.env, DYNO_NATIVE: native, DYNO_LOG_LEVEL: 'silent' };
  return execFileSync(process.execPath, [child, ...seeds], { env, encoding: 'utf8' })
    .trim()
    .split('\n');
};

test('the windows stage writes the same bytes with the addon and without, through crashes and commits', {
  skip,
}, () => {
  const [addon, ...native] = linesWith(process.env['DYNO_NATIVE'] ?? 'on');
  const [none, ...javaScript] = linesWith('off');
  deepEqual([addon, none], ['{"addon":true}', '{"addon":false}']);
  equal(native.length, seeds.length);
  deepEqual(native, javaScript);
});
