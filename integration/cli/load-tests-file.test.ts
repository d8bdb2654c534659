import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { projectFile } from '../../base/project-file.ts';

/** `dynoscope start` beside a `loadtests.yaml`, as a user runs it: embedded parts, a folder of its own. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dyno-loadtests-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

function start(...args: string[]): SpawnSyncReturns<string> {
  const command = [projectFile('dist/cli/dynoscope.js'), 'start', '--for', '1s', '--port', '0', '--json', ...args];
  const env = { PATH: process.env['PATH'] ?? '', DYNO_LOG_LEVEL: 'warn' };
  return spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8', env, timeout: 120_000 });
}

const written = (name: string, lines: readonly string[]): void =>
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);

const good = [
  'tiers:',
  '  - tier: lbpool-slb.www',
  '    pools: [{ name: www, balancer: simulated }]',
  '    slo: { p95_ms: 400, error_ratio: 0.01 }',
  '    hours: always',
  '    safe_weights: 100',
];

test('start with load tests of a tier of the simulated fleet runs', () => {
  written('loadtests.yaml', good);
  const started = start('--hosts', '240');
  assert.equal(started.status, 0, started.stderr);
  assert.match(started.stdout, /"event":"ready"/);
});

test('start is refused with every fault of the load tests, exit code 2', () => {
  const topology = [1, 2, 3].map((i) => `  - { host: web${i}, tier: web, service: www, pool: north }`);
  written('topology.yaml', ['hosts:', ...topology]);
  const faulty = [
    'tiers:',
    '  - tier: web',
    '    pools: [{ name: nroth, balancer: haproxy }]',
    '    slo: { p95_ms: 400 }',
  ];
  written('steered.yaml', [...faulty, '    hours: always', '    panel: 2', '    safe_weights: 0']);
  written('dynoscope.yaml', ['loadtests_file: steered.yaml']);
  const refused = start('--no-fleet');
  assert.equal(refused.status, 2, refused.stderr);
  assert.equal(refused.stdout, '');
  assert.deepEqual(refused.stderr.trimEnd().split('\n'), [
    'dynoscope: DYNO_USAGE_LOADTESTS: steered.yaml has 4 faults:',
    '  steered.yaml:3: "nroth" is not a pool that a host of the topology names; did you mean "north"?',
    '  steered.yaml:4: slo needs "error_ratio"; write { p95_ms: 400, error_ratio: 0.01 }',
    '  steered.yaml:6: a panel of 2 hosts is more than 0.05 of the 3 hosts of tier "web"; write at most 1, or leave it out for what the limits give',
    '  steered.yaml:7: 0 is not a whole number from 1 to 256 (weight_max) for the safe weight of every server; write the weight that the balancer has between tests',
  ]);
});

test('load tests that cannot be read are told with the path', () => {
  written('dynoscope.yaml', ['loadtests_file: none.yaml']);
  const refused = start('--no-fleet');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /DYNO_USAGE_LOADTESTS: none\.yaml cannot be read: ENOENT/);
});
