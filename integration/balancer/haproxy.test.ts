import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { weightsOfState } from '../../sinks/loadbalancer/driver.ts';
import { HaproxyDriver } from '../../sinks/loadbalancer/haproxy/haproxy.ts';
import { HaproxyProcess, whyNoHaproxy } from './haproxy-process.ts';

const skip = whyNoHaproxy() ?? false;
const commanded = { s1: 242, s2: 40, s3: 100 };
const weightsNow = async (driver: HaproxyDriver) => Object.fromEntries(weightsOfState(await driver.read()));

test('a real HAProxy: weights are written, read back, split the requests, and a reload resets them', {
  skip,
}, async () => {
  const haproxy = await HaproxyProcess.start();
  try {
    const driver = new HaproxyDriver({ address: { path: haproxy.socketPath }, backend: 'web' });
    deepEqual(await weightsNow(driver), { s1: 100, s2: 100, s3: 100 });
    await driver.write(new Map(Object.entries(commanded)));
    deepEqual(await weightsNow(driver), commanded);
    // One round of 382 requests is left to the ring: it moves over from the weights before.
    await haproxy.answersOf(382);
    const counts = await haproxy.answersOf(1_910);
    for (const [server, weight] of Object.entries(commanded)) {
      const expected = (1_910 * weight) / 382;
      ok(Math.abs((counts[server] ?? 0) - expected) <= 2, `${server}: ${counts[server]} of ${expected}`);
    }
    await haproxy.reload();
    deepEqual(await weightsNow(driver), { s1: 100, s2: 100, s3: 100 });
  } finally {
    await haproxy.close();
  }
});

test('a real HAProxy: errors are told apart by their text, and the good weights of a write stand', {
  skip,
}, async () => {
  const haproxy = await HaproxyProcess.start();
  try {
    const driver = new HaproxyDriver({ address: { path: haproxy.socketPath }, backend: 'web' });
    await rejects(
      driver.write(
        new Map([
          ['s1', 7],
          ['s9', 7],
        ]),
      ),
      /No such server/,
    );
    equal((await weightsNow(driver))['s1'], 7);
    const other = new HaproxyDriver({ address: { path: haproxy.socketPath }, backend: 'nobody' });
    await rejects(other.read(), (error) => hasCode(error, 'DYNO_BALANCER_ALGORITHM'));
  } finally {
    await haproxy.close();
  }
});

test('a real HAProxy: static-rr is refused before a weight is written', { skip }, async () => {
  const haproxy = await HaproxyProcess.start({ algorithm: 'static-rr' });
  try {
    const driver = new HaproxyDriver({ address: { path: haproxy.socketPath }, backend: 'web' });
    await rejects(driver.read(), /static-rr/);
  } finally {
    await haproxy.close();
  }
});
