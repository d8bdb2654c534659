import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode, messageOf } from '../../../base/errors.ts';
import type { Weights } from '../../../schemas/weight-state.ts';
import { weightsOfState } from '../driver.ts';
import { FakeEnvoy } from '../testing/fake-envoy.ts';
import { AssignmentFile } from './assignment-file.ts';
import { EnvoyDriver } from './envoy.ts';

const endpoints = new Map([
  ['s1', { address: '10.0.0.1', port: 8_081 }],
  ['s2', { address: '10.0.0.2', port: 8_082 }],
]);
const weights = (s1: number, s2: number): Weights => new Map(Object.entries({ s1, s2 }));

interface World {
  readonly envoy: FakeEnvoy;
  readonly driver: EnvoyDriver;
  readonly file: AssignmentFile;
  readonly path: string;
}

/** An Envoy that uses 100 and 100, and the driver that has its administration interface. */
async function withEnvoy(work: (world: World) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy-'));
  const pool = { file: join(folder, 'eds.json'), cluster: 'web', endpoints };
  const file = new AssignmentFile(pool);
  file.put(weights(100, 100), '0.0');
  const envoy = await FakeEnvoy.start(pool.file, pool.cluster);
  try {
    const driver = new EnvoyDriver({ ...pool, admin: { host: '127.0.0.1', port: envoy.port } });
    await work({ envoy, driver, file, path: pool.file });
  } finally {
    await envoy.close();
    rmSync(folder, { recursive: true });
  }
}

const state = async (driver: EnvoyDriver) => Object.fromEntries(await driver.read());

test('what is read back is what Envoy uses, with its health, and without a doubt', () =>
  withEnvoy(async ({ envoy, driver }) => {
    envoy.troubles.set(8_082, { failed_outlier_check: true });
    await driver.write(weights(242, 0), '7.42');
    deepEqual(envoy.weights, [242_000, 0]);
    deepEqual(await state(driver), {
      s1: { weight: 242, configuredWeight: undefined, healthy: true },
      s2: { weight: 0, configuredWeight: undefined, healthy: false },
    });
    equal(driver.doubt, undefined);
  }));

test('an assignment that Envoy refuses is told by its counter, and the file has the old weights again', () =>
  withEnvoy(async ({ envoy, driver, file }) => {
    envoy.refuses = (used) => used.includes(242_000);
    await rejects(driver.write(weights(242, 40), '7.42'), (error) => {
      ok(hasCode(error, 'DYNO_BALANCER_UNREACHABLE'));
      match(messageOf(error), /of the assignment 7\.42: Envoy refused it; its counter web\.update_rejected or /);
      return true;
    });
    equal(envoy.rejected, 1);
    deepEqual(file.weights(), weights(100, 100));
    deepEqual(weightsOfState(await driver.read()), weights(100, 100));
    equal(driver.doubt, undefined);
  }));

test('an Envoy that looks at another file is found out: it never takes what is written', () =>
  withEnvoy(async ({ envoy, driver, file }) => {
    await driver.read();
    envoy.looksAway = true;
    await rejects(driver.write(weights(242, 40), '7.42'), /Envoy did not take it within 1000 ms/);
    deepEqual(file.weights(), weights(100, 100));
    deepEqual(weightsOfState(await driver.read()), weights(100, 100));
  }));

test('weights in the file that Envoy did not take do not wait there for its next start', () =>
  withEnvoy(async ({ envoy, driver, file }) => {
    await driver.read();
    envoy.looksAway = true;
    file.put(weights(7, 200), 'by hand');
    deepEqual(weightsOfState(await driver.read()), weights(100, 100));
    deepEqual(file.weights(), weights(100, 100));
  }));

test('what somebody puts into the file and Envoy takes is read, not undone', () =>
  withEnvoy(async ({ driver, file }) => {
    file.put(weights(7, 8), 'by hand');
    deepEqual(weightsOfState(await driver.read()), weights(7, 8));
    deepEqual(file.weights(), weights(7, 8));
  }));

test('an interface that does not answer leaves the file to steer by: nobody counts as healthy, and the doubt says why', () =>
  withEnvoy(async ({ envoy, driver, file }) => {
    const tells = async (doubt: RegExp): Promise<void> => {
      deepEqual((await state(driver))['s1'], { weight: 100, configuredWeight: undefined, healthy: false });
      match(driver.doubt ?? '', doubt);
    };
    envoy.statusCode = 503;
    await tells(/^Read from its file alone: Envoy's administration interface answers 503 to \/clusters/);
    await driver.write(weights(90, 100), '7.42');
    deepEqual(file.weights(), weights(90, 100));
    await driver.write(weights(100, 100), 'safe.1');
    envoy.statusCode = 200;
    equal((await driver.read()).get('s1')?.healthy, true);
    await envoy.close();
    await tells(/interface does not answer \(connect ECONNREFUSED/);
  }));

test('a file that is not ours is no file to mend by what Envoy says', () =>
  withEnvoy(async ({ driver, path }) => {
    writeFileSync(path, '{}');
    await rejects(driver.read(), (error) => hasCode(error, 'DYNO_BALANCER_UNREACHABLE'));
    equal(readFileSync(path, 'utf8'), '{}');
  }));

test('nothing but reads is asked of the administration interface', () =>
  withEnvoy(async ({ envoy, driver }) => {
    await driver.write(weights(1, 2), '1.1');
    await driver.read();
    const paths = new Set(envoy.asked.map((path) => path.split('?')[0]));
    deepEqual([...paths].sort(), ['/clusters', '/stats']);
  }));
