import { deepEqual, equal, rejects, throws } from 'node:assert/strict';
import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../../base/errors.ts';
import { EnvoyDriver, type EnvoyOptions } from './envoy.ts';

const endpoints = new Map([
  ['s1', { address: '10.0.0.1', port: 8_080 }],
  ['s2', { address: '10.0.0.2', port: 8_080 }],
]);
const weights = (s1: number, s2: number): ReadonlyMap<string, number> => new Map(Object.entries({ s1, s2 }));

async function withDriver(work: (driver: EnvoyDriver, file: string, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy-'));
  const file = join(folder, 'eds.json');
  try {
    await work(new EnvoyDriver({ file, cluster: 'web', endpoints }), file, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('weights are written to the file of the endpoints and read from it as it stands', () =>
  withDriver(async (driver, file) => {
    await driver.write(weights(242, 0), '7.42');
    deepEqual(
      [...(await driver.read())],
      [
        ['s1', { weight: 242, configuredWeight: undefined, healthy: undefined }],
        ['s2', { weight: 0, configuredWeight: undefined, healthy: undefined }],
      ],
    );
    equal(JSON.parse(readFileSync(file, 'utf8')).version_info, '7.42');
    equal(statSync(file).mode & 0o777, 0o644);
    writeFileSync(file, readFileSync(file, 'utf8').replace('242000', '7000'));
    equal((await driver.read()).get('s1')?.weight, 7);
  }));

test('without its administration interface every read is in doubt, in words', () =>
  withDriver(async (driver) => {
    await driver.write(weights(242, 0), '7.42');
    await driver.read();
    equal(driver.doubt, 'Read from its file: what Envoy uses is not told.');
  }));

test('another file is renamed over the old one, as Envoy looks at nothing else', () =>
  withDriver(async (driver, file, folder) => {
    await driver.write(weights(1, 2), '1.1');
    linkSync(file, join(folder, 'old'));
    await driver.write(weights(3, 4), '1.2');
    equal(JSON.parse(readFileSync(join(folder, 'old'), 'utf8')).version_info, '1.1');
    deepEqual(readdirSync(folder).sort(), ['eds.json', 'old']);
  }));

test('a file that is not there, is not understood, or cannot be written is a balancer that does not answer', () =>
  withDriver(async (driver, file, folder) => {
    const away = (error: unknown): boolean => hasCode(error, 'DYNO_BALANCER_UNREACHABLE');
    await rejects(driver.read(), away);
    writeFileSync(file, '{}');
    await rejects(driver.read(), away);
    const nowhere = new EnvoyDriver({ file: join(folder, 'no', 'e.json'), cluster: 'web', endpoints });
    await rejects(nowhere.write(weights(1, 1), '1.1'), away);
  }));

test('weights that Envoy would refuse leave the file as it is', () =>
  withDriver(async (driver, file) => {
    await driver.write(weights(1, 2), '1.1');
    const stood = readFileSync(file, 'utf8');
    await rejects(driver.write(weights(-1, 2), '1.2'), (error) => hasCode(error, 'DYNO_BALANCER_OPTIONS'));
    equal(readFileSync(file, 'utf8'), stood);
  }));

test('options that cannot work are refused at once', () => {
  const good: EnvoyOptions = { file: '/x/eds.json', cluster: 'web', endpoints };
  const bad: [options: Partial<EnvoyOptions>, why: RegExp][] = [
    [{ file: '/x/eds.yaml' }, /end in \.json/],
    [{ endpoints: new Map() }, /has no endpoint/],
    [{ endpoints: new Map([...endpoints, ['s3', { address: '10.0.0.1', port: 8_080 }]]) }, /the same address/],
    [{ endpoints: new Map([['s1', { address: '10.0.0.1', port: 0 }]]) }, /s1 has the port 0/],
  ];
  for (const [options, why] of bad) throws(() => new EnvoyDriver({ ...good, ...options }), why);
});
