import { deepEqual, equal, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DynoError } from '../../base/errors.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import { balancerOptionsIn, killFileThere } from '../balancer/balancer-options.ts';
import { safeWeightIn } from '../balancer/safe-weight-flag.ts';

const kafka = { KAFKA_BROKERS: '127.0.0.1:9', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9' };
const settingsOf = (env: Readonly<Record<string, string>> = kafka) =>
  loadSettings({ cwd: tmpdir(), env, overrides: { data_dir: '/var/lib/dyno' } });
const good = { haproxy: '/run/haproxy/admin.sock', backend: 'web', pool: 'web/snc', tier: 'web' };

test('what is not said has its default: files beside each other in the data directory, a quarter of a pool', () => {
  deepEqual(balancerOptionsIn(good, settingsOf(), 'lb1'), {
    name: 'lb1',
    balancer: { kind: 'haproxy', address: '/run/haproxy/admin.sock', backend: 'web' },
    pool: 'web/snc',
    tier: 'web',
    safeWeight: undefined,
    largestShareRatio: 0.25,
    killFile: '/var/lib/dyno/balancer/web%2Fsnc.kill',
    stateFile: '/var/lib/dyno/balancer/web%2Fsnc.state',
    config: undefined,
    json: false,
  });
});

test('safe weights by server are read in any order, with spaces', () => {
  deepEqual(safeWeightIn('s2=40, s1=100'), [
    ['s2', 40],
    ['s1', 100],
  ]);
});

const refusals: readonly (readonly [flags: Readonly<Record<string, string>>, says: RegExp])[] = [
  [{ haproxy: 'admin.sock' }, /"admin\.sock" is no address of HAProxy's stats socket; write an absolute path/],
  [{ haproxy: 'lb1:99999' }, /"lb1:99999" is no address/],
  [{ backend: 'web; show env' }, /"web; show env" is no name that HAProxy gives/],
  [{ pool: ' ' }, /--pool is empty/],
  [{ safeWeight: '0' }, /--safe-weight is "0", expected a whole number from 1 to 256/],
  [{ safeWeight: '99.5' }, /--safe-weight is "99\.5"/],
  [{ safeWeight: 's1=100,s2=257' }, /--safe-weight is "s2=257", expected a whole number from 1 to 256, or NAME=NUMBER/],
  [{ safeWeight: 's1=100,100' }, /--safe-weight has "100", expected/],
  [{ safeWeight: 's1=100,s1=90' }, /--safe-weight names s1 twice/],
  [{ largestShare: '25%' }, /--largest-share is "25%", expected a number from 0\.001 to 1/],
];
for (const [flags, says] of refusals)
  test(`refused: ${JSON.stringify(flags)}`, () => {
    throws(
      () => balancerOptionsIn({ ...good, ...flags }, settingsOf(), 'lb1'),
      (error) => error instanceof DynoError && error.code === 'DYNO_USAGE_BALANCER' && says.test(error.message),
    );
  });

test('an embedded log or registry is refused, both in one sentence', () => {
  throws(
    () => balancerOptionsIn(good, settingsOf({}), 'lb1'),
    /the log is embedded .*; the schema registry is embedded/,
  );
});

for (const [flags, says] of refusals)
  test(`a wrong flag is told before a log that is missing: ${JSON.stringify(flags)}`, () => {
    throws(() => balancerOptionsIn({ ...good, ...flags }, settingsOf({}), 'lb1'), says);
  });

test('a kill file engages by being there; a place that cannot be looked at counts as there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dynoscope-kill-'));
  try {
    const file = join(folder, 'kill');
    equal(killFileThere(file), false);
    writeFileSync(file, '');
    equal(killFileThere(file), true);
    equal(killFileThere(join(file, 'kill')), false, 'below a file there is none');
    equal(killFileThere('\0'), true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
