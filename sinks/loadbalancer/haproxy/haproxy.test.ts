import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../../base/errors.ts';
import { HaproxyDriver } from './haproxy.ts';
import { runtimeApiAddressOf } from './runtime-api.ts';

const stat = '# pxname,svname,algo,\nweb,BACKEND,roundrobin,\n\n';
const state = [
  '1',
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_port',
  '3 web 1 s1 127.0.0.1 2 0 242 100 8081',
  '3 web 2 s2 127.0.0.1 0 0 40 100 8082',
  '3 web 3 s3 127.0.0.1 2 1 100 100 8083',
  '',
  '',
].join('\n');

/** A stats socket that answers each line with `answer` and closes, as HAProxy does; undefined = never. */
async function withSocket(
  answer: (line: string) => string | undefined,
  work: (driver: HaproxyDriver, heard: string[]) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'haproxy-'));
  const heard: string[] = [];
  const server: Server = createServer((socket) =>
    socket.on('data', (data) => {
      const line = data.toString().trimEnd();
      heard.push(line);
      const text = answer(line);
      if (text !== undefined) socket.end(text);
    }),
  );
  const path = join(folder, 'admin.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await work(new HaproxyDriver({ address: { path }, backend: 'web' }), heard);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

const usual = (line: string): string =>
  line.startsWith('show stat') ? stat : line.startsWith('show servers') ? state : '\n'.repeat(line.split(';').length);

test('the state of a pool: weight now, weight configured, healthy = running and not put aside by an operator', () =>
  withSocket(usual, async (driver, heard) => {
    deepEqual(
      [...(await driver.read())],
      [
        ['s1', { weight: 242, configuredWeight: 100, healthy: true }],
        ['s2', { weight: 40, configuredWeight: 100, healthy: false }],
        ['s3', { weight: 100, configuredWeight: 100, healthy: false }],
      ],
    );
    await driver.read();
    deepEqual(heard, ['show stat web 2 -1', 'show servers state web', 'show servers state web']);
  }));

test('all weights of a pool go in one write, absolute, and nothing but weights', () =>
  withSocket(usual, async (driver, heard) => {
    await driver.write(
      new Map([
        ['s1', 242],
        ['s2', 40],
      ]),
    );
    deepEqual(heard, ['set server web/s1 weight 242;set server web/s2 weight 40']);
  }));

test('a line of commands stays within a buffer of HAProxy, and every server is in one of them', () =>
  withSocket(usual, async (driver, heard) => {
    await driver.write(new Map(Array.from({ length: 1_000 }, (_, i) => [`server-${i}`, 100])));
    ok(heard.every((line) => line.length < 9_000));
    equal(heard.flatMap((line) => line.split(';')).length, 1_000);
  }));

test('a sentence among the answers is an error, wherever it stands', () =>
  withSocket(
    () => '\nNo such server.\n\n\n',
    (driver) => rejects(driver.write(new Map([['s1', 1]])), /refused weights of web: No such server/),
  ));

test('a backend whose weights cannot change is refused before anything is written', () =>
  withSocket(
    (line) => (line.startsWith('show stat') ? stat.replace('roundrobin', 'static-rr') : usual(line)),
    async (driver, heard) => {
      await rejects(driver.read(), (error) => hasCode(error, 'DYNO_BALANCER_ALGORITHM'));
      deepEqual(heard, ['show stat web 2 -1']);
    },
  ));

test('when a write meets a static algorithm, the next read looks at the algorithm again', () =>
  withSocket(
    (line) =>
      line.startsWith('set')
        ? 'Backend is using a static LB algorithm and only accepts weights 0% and 100%.\n'
        : usual(line),
    async (driver, heard) => {
      await driver.read();
      await rejects(driver.write(new Map([['s1', 1]])));
      await driver.read();
      equal(heard.filter((line) => line.startsWith('show stat')).length, 2);
    },
  ));

test('what is not the state of this backend is not taken for one', async () => {
  const answers = [
    "Can't find backend.\n\n",
    '',
    state.replace('3 web 1', '3 other 1'),
    state.replace(' 242 ', ' x '),
    '2\n# a\n',
  ];
  for (const answer of answers)
    await withSocket(
      (line) => (line.startsWith('show stat') ? stat : answer),
      (driver) => rejects(driver.read(), (error) => hasCode(error, 'DYNO_BALANCER_UNREACHABLE')),
    );
});

test('who does not answer, or is not there, is given up within a second', async () => {
  await withSocket(
    () => undefined,
    (driver) => rejects(driver.read(), /did not answer within 600 ms/),
  );
  const nobody = new HaproxyDriver({ address: { path: '/nowhere/admin.sock' }, backend: 'web' });
  await rejects(nobody.read(), (error) => hasCode(error, 'DYNO_BALANCER_UNREACHABLE'));
});

test('a name that would be another command, and a weight that HAProxy would bend, are not sent', () =>
  withSocket(usual, async (driver, heard) => {
    await rejects(driver.write(new Map([['s1 weight 1;shutdown sessions server web/s1', 1]])));
    for (const weight of [257, -1, 1.5, Number.NaN]) await rejects(driver.write(new Map([['s1', weight]])));
    deepEqual(heard, []);
    throws(() => new HaproxyDriver({ address: { path: '/x' }, backend: 'a;b' }));
  }));

test('addresses: a path or host:port', () => {
  deepEqual(runtimeApiAddressOf('/run/haproxy/admin.sock'), { path: '/run/haproxy/admin.sock' });
  deepEqual(runtimeApiAddressOf('127.0.0.1:9999'), { host: '127.0.0.1', port: 9_999 });
  for (const bad of ['admin.sock', 'host:', ':9', 'host:99999'])
    throws(() => runtimeApiAddressOf(bad), /absolute path/);
});
