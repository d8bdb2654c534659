import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { CapacityRecord } from '../../schemas/load-test-records.ts';
import { samples } from '../../schemas/testing/samples.ts';
import { ask } from '../../sinks/clickhouse/ask.ts';
import { capacityEstimates } from '../../sinks/clickhouse/rows/load-tests.ts';
import { insertHostWindows } from './insert-host-windows.ts';
import { insertRecords } from './insert-records.ts';
import { ownEngine } from './own-engine.ts';
import { savedAnswer } from './saved-answer.ts';

/** Hits over capacity by host, over the real engine. */
const engine = ownEngine(['host_windows', 'capacity_estimates']);

const hourMs = 3_600_000;
/** The end of the last 10-second window. */
const endS = (): number => Math.floor(Date.now() / 10_000) * 10;

async function found(...results: readonly (Partial<CapacityRecord> & { readonly hoursAgo?: number })[]): Promise<void> {
  const values = results.map(({ hoursAgo = 1, ...result }, at) => ({
    ...samples['instantdyno.capacity.v1'],
    timeMs: Date.now() - hoursAgo * hourMs,
    runId: `run${at}`,
    lambda100: 50,
    lo: 40,
    hi: 62.5,
    ...result,
  }));
  await insertRecords(engine(), capacityEstimates, values);
}

const utilization = (where = '1') =>
  ask(engine(), { sql: `SELECT * FROM dynoscope.v_host_utilization WHERE ${where} ORDER BY host` });

test('utilization is hits over capacity, its bounds are those of the capacity the other way round', async () => {
  await found({ hoursAgo: 3 });
  await insertHostWindows(engine(), endS(), [{ host: 'web1', requestsPerS: 30 }]);
  const [row] = await utilization();
  const { time, capacity_age_hours, ...rest } = row!;
  deepEqual(rest, {
    host: 'web1',
    tier: 'web',
    generation: 'NHM',
    build: 'b-1042',
    pool: 'www',
    hits_per_s: 30,
    lambda100: 50,
    lambda100_lo: 40,
    lambda100_hi: 62.5,
    capacity_build: 'b-1042',
    utilization: 0.6,
    utilization_lo: 0.48,
    utilization_hi: 0.75,
    reason: '',
  });
  ok(Math.abs(Number(capacity_age_hours) - 3) < 0.01, `${capacity_age_hours}`);
  ok(String(time).length > 0);
});

test('hosts without a capacity, a generation or hits stand there with NULL and the reason', async () => {
  await found({ generation: 'NHM' });
  await insertHostWindows(engine(), endS(), [
    { host: 'a-known', requestsPerS: 10 },
    { host: 'b-untested', requestsPerS: 10, generation: 'SNB' },
    { host: 'c-nameless', requestsPerS: 10, generation: '' },
    { host: 'd-silent' },
    { host: 'e-elsewhere', requestsPerS: 10, tier: 'feed' },
  ]);
  deepEqual(
    (await utilization()).map(({ host, utilization: used, reason }) => [host, used, reason]),
    [
      ['a-known', 0.2, ''],
      ['b-untested', null, 'no load test of the tier has found a capacity of this generation'],
      ['c-nameless', null, 'the generation of the host is not known'],
      ['d-silent', null, 'the host reports no requests/s'],
      ['e-elsewhere', null, 'no load test of the tier has found a capacity of this generation'],
    ],
  );
});

test('a build that was not tested is held against the newest build that was, and the row says so', async () => {
  await found({ build: 'r1', lambda100: 20, hoursAgo: 9 }, { build: 'r2', lambda100: 25, hoursAgo: 1 });
  await insertHostWindows(engine(), endS(), [
    { host: 'old', requestsPerS: 10, build: 'r1' },
    { host: 'new', requestsPerS: 10, build: 'r3' },
  ]);
  deepEqual(
    (await utilization()).map(({ host, utilization: used, capacity_build, reason }) => [
      host,
      used,
      capacity_build,
      reason,
    ]),
    [
      ['new', 0.4, 'r2', 'the capacity is that of another build: no load test has found one of this build'],
      ['old', 0.5, 'r1', ''],
    ],
  );
});

test('only a capacity that a test found counts, however it ended otherwise', async () => {
  await found(...['aborted', 'inconclusive', 'natural'].map((outcome) => ({ outcome })));
  await insertHostWindows(engine(), endS(), [{ host: 'web1', requestsPerS: 10 }]);
  deepEqual(
    (await utilization()).map(({ lambda100, utilization: used }) => [lambda100, used]),
    [[null, null]],
  );
});

test('the window is the newest that all sources have closed; a source silent for two minutes is not waited for', async () => {
  await found({});
  const end = endS();
  await insertHostWindows(engine(), end - 10, [{ host: 'web1', requestsPerS: 10 }], 'x-0');
  await insertHostWindows(engine(), end - 10, [{ host: 'web2', requestsPerS: 20 }], 'x-1');
  await insertHostWindows(engine(), end, [{ host: 'web1', requestsPerS: 15 }], 'x-0');
  const shown = async () => (await utilization()).map(({ host, utilization: used }) => [host, used]);
  deepEqual(await shown(), [
    ['web1', 0.2],
    ['web2', 0.4],
  ]);
  await insertHostWindows(engine(), end, [{ host: 'web2', requestsPerS: 25 }], 'x-1');
  await insertHostWindows(engine(), end - 200, [{ host: 'web3', requestsPerS: 25 }], 'x-2');
  deepEqual(await shown(), [
    ['web1', 0.3],
    ['web2', 0.5],
  ]);
});

test('the saved query has the hosts at both ends of each tier, and some of those that nobody knows', async () => {
  await found({}, { tier: 'feed', lambda100: 10 });
  await insertHostWindows(engine(), endS(), [
    ...[5, 10, 15, 20, 25].map((requestsPerS) => ({ host: `web${requestsPerS}`, requestsPerS })),
    { host: 'webx', requestsPerS: 1, generation: 'SNB' },
    { host: 'feed1', requestsPerS: 8, tier: 'feed' },
  ]);
  const rows = async (params: Readonly<Record<string, string>>) =>
    (await savedAnswer(engine(), 'host-utilization', params)).map(({ tier, end, host, utilization: used }) => [
      tier,
      end,
      host,
      used,
    ]);
  deepEqual(await rows({ n: '2' }), [
    ['feed', 'top', 'feed1', 0.8],
    ['web', 'top', 'web25', 0.5],
    ['web', 'top', 'web20', 0.4],
    ['web', 'bottom', 'web10', 0.2],
    ['web', 'bottom', 'web5', 0.1],
    ['web', 'unknown', 'webx', null],
  ]);
  equal((await rows({ n: '2', tier: 'feed' })).length, 1);
});
