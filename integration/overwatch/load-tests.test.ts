import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Ajv } from 'ajv';
import type { CapacityReport, LoadTestSeries, LoadTestsReport } from '../../overwatch/load-tests/api-types.ts';
import { type Overwatch, startOverwatch } from '../../overwatch/server.ts';
import { fleetForTests, statusForTests } from '../../overwatch/testing/synthetic-program.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { readOnlyQuery } from '../../sinks/clickhouse/read-only-query.ts';
import { capacityBuild, insertLoadTests, testedTier } from './sample-load-tests.ts';

/** `/api/loadtests` over the real engine, from records as the stage of load tests writes them. */
const dataDir = mkdtempSync(join(tmpdir(), 'dyno-loadtests-'));
const nowMs = Math.floor(Date.now() / 1_000) * 1_000;
let clickHouse: ClickHouse;
let overwatch: Overwatch;

const overwatchWith = (steeredTiers: readonly string[] | undefined, folder: string): Promise<Overwatch> =>
  startOverwatch({
    host: '127.0.0.1',
    port: 0,
    dataDir: join(dataDir, folder),
    version: '0.1.0',
    live: fleetForTests(),
    queries: (request) => readOnlyQuery(clickHouse, request),
    status: statusForTests,
    steeredTiers,
  });
const answerOf = async <T>(path: string, { url } = overwatch): Promise<T> =>
  (await (await fetch(url + path)).json()) as T;

before(async () => {
  clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir: join(dataDir, 'ch') });
  await migrate(clickHouse);
  overwatch = await overwatchWith([testedTier, 'zippydb'], 'steered');
});
after(async () => {
  await overwatch.close();
  await clickHouse.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('without records tiers of the file stand there with nothing decided; without a file there is no tier', async (t) => {
  const { now_ms, ...report } = await answerOf<LoadTestsReport>('/api/loadtests');
  deepEqual(report, {
    may_steer: true,
    tiers: [testedTier, 'zippydb'].map((tier) => ({ tier, is_steered: true, decision: null })),
    runs: [],
    capacity: [],
    utilization: [],
  });
  const bare = await overwatchWith(undefined, 'bare');
  t.after(() => bare.close());
  const { may_steer, tiers } = await answerOf<LoadTestsReport>('/api/loadtests', bare);
  deepEqual({ may_steer, tiers }, { may_steer: false, tiers: [] });
  const series = await answerOf<LoadTestSeries>('/api/loadtests/zippydb/series');
  deepEqual(series.time_ms, []);
});

test('answers are what the OpenAPI document says they are, with what the records say', async (t) => {
  await insertLoadTests(clickHouse, nowMs);
  const fresh = await overwatchWith(['zippydb'], 'fresh');
  t.after(() => fresh.close());
  const report = await answerOf<LoadTestsReport>('/api/loadtests', fresh);
  const series = await answerOf<LoadTestSeries>(`/api/loadtests/${testedTier}/series`, fresh);
  await conforms(fresh, '/api/loadtests', report);
  await conforms(fresh, '/api/loadtests/{tier}/series', series);

  deepEqual(
    report.tiers.map(({ tier, is_steered, decision }) => [tier, is_steered, decision?.action, decision?.rail]),
    [
      [testedTier, false, 'hold', 'donor_headroom'],
      ['zippydb', true, undefined, undefined],
    ],
  );
  const { decision } = report.tiers[0]!;
  deepEqual([decision?.time_ms, decision?.phase, decision?.lo], [nowMs, 'ramp', 62.9]);
  deepEqual(
    report.runs.map(({ run_id, outcome, rail, lambda100, seconds_over_150 }) => [
      run_id,
      outcome,
      rail,
      lambda100,
      seconds_over_150,
    ]),
    [
      ['www-WSM-4', 'stopped', 'stopped', null, 0],
      ['www-WSM-3', 'aborted', 'contention', null, 6],
      ['www-SNB-2', 'found', null, 116.2, 0],
      ['www-NHM-1', 'found', null, 48.1, 0],
    ],
  );
  deepEqual(
    report.capacity.map(({ tier, generation, rcu, extrapolated }) => [tier, generation, rcu, extrapolated]),
    [
      [testedTier, 'NHM', 1, false],
      [testedTier, 'SNB', 2.42, true],
      ['multifeed.leaf4.prod', 'WSM', null, false],
    ],
  );
  const otherBuild = 'the capacity is that of another build: no load test has found one of this build';
  const untested = 'no load test of the tier has found a capacity of this generation';
  deepEqual(
    report.utilization.map(({ time_ms, median_lo, median_hi, ...row }) => Object.values(row)),
    [
      [testedTier, 'NHM', 3, 3, 0.25, 0.5, 0.75, null],
      [testedTier, 'SNB', 1, 1, 58 / 116.16, 58 / 116.16, 58 / 116.16, otherBuild],
      [testedTier, 'WSM', 1, 0, null, null, null, untested],
    ],
  );
  const { median_lo, median_hi } = report.utilization[0]!;
  deepEqual([median_lo, median_hi], [24 / 48.9, 24 / 47.1]);
});

test('servers are told what one host of their tier can take, by generation and build', async () => {
  const report = await answerOf<CapacityReport>(`/api/capacity?tier=${testedTier}`);
  await conforms(overwatch, '/api/capacity', report);
  equal(report.tier, testedTier);
  deepEqual(
    report.capacity.map(({ generation, build, lambda100, lo, hi, rcu, time_ms }) => [
      generation,
      build === capacityBuild ? 'this build' : build,
      lambda100,
      lo,
      hi,
      rcu,
      Math.round((nowMs - time_ms) / 60_000),
    ]),
    [
      ['SNB', 'this build', 116.16, 113.9, 118.5, 2.42, 240],
      ['NHM', 'this build', 48, 47.1, 48.9, 1, 300],
      ['NHM', 'rel-840', 46.5, 45.6, 47.4, 1, 9_000],
    ],
  );
  deepEqual((await answerOf<CapacityReport>('/api/capacity?tier=nobody')).capacity, []);
  equal((await fetch(`${overwatch.url}/api/capacity`)).status, 400);
});

test('the lines of a series break where no decision came for 30 s', async () => {
  const { time_ms, contention_ms, factor } = await answerOf<LoadTestSeries>(`/api/loadtests/${testedTier}/series`);
  equal(time_ms.length, 601);
  equal(time_ms.at(-1), nowMs);
  deepEqual([contention_ms[199] === null, contention_ms[200], contention_ms[201] === null], [false, null, false]);
  deepEqual([contention_ms[0], factor[0], factor[200], factor[201]], [null, 1, null, 1.32]);
});

async function conforms({ url }: Overwatch, path: string, answer: unknown): Promise<void> {
  interface Document {
    readonly paths: Record<
      string,
      { get: { responses: Record<string, { content: Record<string, { schema: object }> }> } }
    >;
  }
  const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as Document;
  const schema = document.paths[path]?.get.responses['200']?.content['application/json']?.schema;
  ok(schema, path);
  const ajv = new Ajv({ strict: false });
  ok(ajv.validate(schema, answer), `${path}: ${ajv.errorsText()}`);
}
