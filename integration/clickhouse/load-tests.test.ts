import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { CapacityRecord, LoadTestRun, LoadTestStep } from '../../schemas/load-test-records.ts';
import { samples } from '../../schemas/testing/samples.ts';
import { ask } from '../../sinks/clickhouse/ask.ts';
import { capacityEstimates, loadTestRuns, loadTestSteps } from '../../sinks/clickhouse/rows/load-tests.ts';
import { insertRecords } from './insert-records.ts';
import { ownEngine } from './own-engine.ts';
import { savedAnswer } from './saved-answer.ts';

/** Views and saved queries of load tests over the real engine. */
const engine = ownEngine([capacityEstimates.table, loadTestRuns.table, loadTestSteps.table]);

const hourMs = 3_600_000;
const nowMs = Math.floor(Date.now() / 1_000) * 1_000;

/** Results in a row; what they do not say is as in the sample, found an hour ago. */
async function found(...results: readonly (Partial<CapacityRecord> & { readonly hoursAgo?: number })[]): Promise<void> {
  const values = results.map(({ hoursAgo = 1, ...result }, at) => ({
    ...samples['instantdyno.capacity.v1'],
    timeMs: nowMs - hoursAgo * hourMs,
    runId: `run${at}`,
    ...result,
  }));
  await insertRecords(engine(), capacityEstimates, values);
}

const answerOf = (name: string, params: Readonly<Record<string, string>> = {}) => savedAnswer(engine(), name, params);
const close = (value: unknown, wanted: number): void =>
  ok(Math.abs(Number(value) / wanted - 1) < 1e-5, `${value} is not ${wanted}`);

test('the newest answer of each tier, generation and build is its capacity now; tests without an answer are none', async () => {
  await found(
    { lambda100: 40, hoursAgo: 30 },
    { lambda100: 48, hoursAgo: 5 },
    { lambda100: 90, outcome: 'aborted' },
    { lambda100: 44, build: 'b-1043', hoursAgo: 2 },
    { lambda100: 20, tier: 'feed', hoursAgo: 50 },
  );
  const sql =
    'SELECT tier, build, run_id, lambda100, round(age_hours) AS h FROM dynoscope.v_capacity_now ORDER BY tier, build';
  deepEqual(await ask(engine(), { sql }), [
    { tier: 'feed', build: 'b-1042', run_id: 'run4', lambda100: 20, h: 50 },
    { tier: 'web', build: 'b-1042', run_id: 'run1', lambda100: 48, h: 5 },
    { tier: 'web', build: 'b-1043', run_id: 'run3', lambda100: 44, h: 2 },
  ]);
});

const rcuOf = async (runId: string) =>
  (
    await ask(engine(), {
      sql: 'SELECT rcu, rcu_lo, rcu_hi, reference_run_id AS run, reference_build AS build FROM dynoscope.v_capacity_now WHERE run_id = {run:String}',
      params: { run: runId },
    })
  )[0]!;

test('an RCU has the interval of a ratio whose logarithm has the errors of both estimates', async () => {
  await found(
    { lambda100: 48, relativeSe: 0.03, degreesOfFreedom: 10 },
    { generation: 'SNB', lambda100: 116.16, relativeSe: 0.04, degreesOfFreedom: 10 },
  );
  // se = √(0.03² + 0.04²) = 0.05; degrees of freedom 0.05⁴ / (0.03⁴ / 10 + 0.04⁴ / 10) = 18.546; t(0.975, 18.546) = 2.09653.
  const { rcu, rcu_lo, rcu_hi, run } = await rcuOf('run1');
  close(rcu, 2.42);
  close(rcu_lo, 2.42 * Math.exp(-0.05 * 2.09653));
  close(rcu_hi, 2.42 * Math.exp(0.05 * 2.09653));
  equal(run, 'run0');
});

test('the reference is worth 1 exactly; without one on its tier an RCU is not known', async () => {
  await found({ lambda100: 48 }, { tier: 'feed', generation: 'SNB' });
  deepEqual(await rcuOf('run0'), { rcu: 1, rcu_lo: 1, rcu_hi: 1, run: 'run0', build: 'b-1042' });
  deepEqual(await rcuOf('run1'), { rcu: null, rcu_lo: null, rcu_hi: null, run: null, build: null });
});

test('the reference is of the same build where it can be, else the newest of the tier, which says its build', async () => {
  await found(
    { lambda100: 48, build: 'old', hoursAgo: 9 },
    { lambda100: 40, build: 'new', hoursAgo: 1 },
    { generation: 'SNB', lambda100: 96, build: 'old' },
    { generation: 'SNB', lambda100: 96, build: 'third' },
    { generation: 'SNB', lambda100: 50, build: 'new', relativeSe: 0 },
  );
  const shown = async (run: string) => {
    const { rcu, build } = await rcuOf(run);
    return [rcu, build];
  };
  deepEqual(await shown('run2'), [2, 'old']);
  deepEqual(await shown('run3'), [2.4, 'new']);
  deepEqual(await shown('run4'), [1.25, 'new']);
  deepEqual(await shown('run0'), [1, 'old']);
});

test('an error of 0 has an interval of no width', async () => {
  await found({ lambda100: 40, relativeSe: 0 }, { generation: 'SNB', lambda100: 50, relativeSe: 0 });
  deepEqual(await rcuOf('run1'), { rcu: 1.25, rcu_lo: 1.25, rcu_hi: 1.25, run: 'run0', build: 'b-1042' });
});

test('capacity by generation is the newest of any build, beside the RCU of the table', async () => {
  await found(
    { lambda100: 48, hoursAgo: 3 },
    { lambda100: 50, build: 'b-1043', hoursAgo: 2 },
    { generation: 'Haswell', lambda100: 120 },
    { generation: 'SNB', lambda100: 1, hoursAgo: 900 },
  );
  const rows = await answerOf('capacity-by-generation');
  deepEqual(
    rows.map((row) => [row['generation'], row['build'], row['lambda100_hits_per_s'], row['rcu'], row['rcu_of_table']]),
    [
      ['Haswell', 'b-1042', 120, 2.5, null],
      ['NHM', 'b-1043', 50, 1, 1],
    ],
  );
});

test('a build is held against the one before it: a change is one that chance would show in one of a hundred', async () => {
  const exact = { relativeSe: 0.008, degreesOfFreedom: 7 };
  await found(
    { ...exact, lambda100: 48, build: 'r1', hoursAgo: 30 },
    { ...exact, lambda100: 45.6, build: 'r2', hoursAgo: 20 },
    { ...exact, lambda100: 46, build: 'r3', hoursAgo: 10 },
    { ...exact, lambda100: 48.3, build: 'r4', hoursAgo: 1 },
    { ...exact, lambda100: 12, build: 'r4', generation: 'VSS' },
  );
  const rows = await answerOf('capacity-changes');
  deepEqual(
    rows.map((row) => [row['build'], row['previous_build'], row['change_percent'], row['verdict']]),
    [
      ['r4', 'r3', 5, 'improvement'],
      ['r3', 'r2', 0.88, 'no change shown'],
      ['r2', 'r1', -5, 'regression'],
    ],
  );
  // t of 14 degrees of freedom is 3.3257 at 99.5 %; the error of the difference is √2 × 0.8 %.
  const reach = 3.3257 * Math.SQRT2 * 0.008;
  ok(
    Math.abs(Number(rows[2]!['change_hi_percent']) - 100 * (0.95 * Math.exp(reach) - 1)) < 0.02,
    JSON.stringify(rows[2]),
  );
});

test('of two builds that live together the one with the later first result is the new one, whichever was tested last', async () => {
  const exact = { relativeSe: 0.008, degreesOfFreedom: 7 };
  await found(
    { ...exact, lambda100: 48, build: 'old', hoursAgo: 30 },
    { ...exact, lambda100: 47, build: 'canary', hoursAgo: 20 },
    { ...exact, lambda100: 45, build: 'canary', hoursAgo: 10 },
    { ...exact, lambda100: 50, build: 'old', hoursAgo: 1 },
    { ...exact, lambda100: 1, build: 'canary', outcome: 'aborted', hoursAgo: 40 },
  );
  const rows = await answerOf('capacity-changes');
  deepEqual(
    rows.map((row) => [
      row['build'],
      row['previous_build'],
      row['lambda100_hits_per_s'],
      row['previous_hits_per_s'],
      row['verdict'],
    ]),
    [['canary', 'old', 45, 50, 'regression']],
  );
});

test('a build whose hits need 2 % more CPU time is seen where CPUs are the limit, though λ100 is not known so well', async () => {
  const cpu = (change: number) => ({ cpuSaturationHitsPerS: 53.7 * change, cpuSaturationRelativeSe: 0.004 });
  await found(
    { build: 'r1', ...cpu(1), hoursAgo: 9 },
    { build: 'r2', lambda100: 47.6, ...cpu(0.98), hoursAgo: 8 },
    { build: 'r3', lambda100: 47.6, ...cpu(0.98 * 1.01), hoursAgo: 7 },
    { build: 'r4', lambda100: 47.6, ...cpu(1.1), bottleneck: 'not_cpu', hoursAgo: 6 },
    { build: 'r5', lambda100: 47.6, ...cpu(1.2), cpuSaturationRelativeSe: undefined, hoursAgo: 5 },
  );
  const rows = await answerOf('capacity-changes');
  deepEqual(
    rows.map((row) => [row['build'], row['cpu_change_percent'], row['verdict'], row['shown_by']]),
    [
      ['r5', null, 'no change shown', ''],
      ['r4', null, 'no change shown', ''],
      ['r3', 1, 'no change shown', ''],
      ['r2', -2, 'regression', 'CPU time of a hit'],
    ],
  );
  const reach = 3.3257 * Math.SQRT2 * 0.004;
  ok(Math.abs(Number(rows[3]!['cpu_change_hi_percent']) - 100 * (0.98 * Math.exp(reach) - 1)) < 0.02);
});

const run = samples['instantdyno.loadtests.v1'].ended!;
const step = { ...samples['instantdyno.loadtests.v1'], ended: undefined };

async function ended(
  ...tests: readonly (Partial<LoadTestRun> & { minutesAgo: number; rail?: string; tier?: string })[]
) {
  const values = tests.map(({ minutesAgo, rail, tier = 'web', ...over }, at): LoadTestStep => {
    const timeMs = nowMs - minutesAgo * 60_000;
    return { ...step, tier, timeMs, rail, ended: { ...run, runId: `run${at}`, startedMs: timeMs - 412_000, ...over } };
  });
  await insertRecords(engine(), loadTestRuns, values);
}

test('load tests stand with the newest first', async () => {
  await ended({ minutesAgo: 20 }, { minutesAgo: 5, outcome: 'aborted', rail: 'slo', lambda100: undefined });
  const sql =
    "SELECT run_id, outcome, rail, lambda100, dateDiff('second', started, ended) AS s FROM dynoscope.v_loadtests";
  deepEqual(await ask(engine(), { sql }), [
    { run_id: 'run1', outcome: 'aborted', rail: 'slo', lambda100: null, s: 412 },
    { run_id: 'run0', outcome: 'found', rail: '', lambda100: 48.1, s: 412 },
  ]);
});

test('outcomes are counted by tier and day, aborted ones by rail, with the seconds that users met', async () => {
  const dayMinutes = 24 * 60;
  const aborted = { minutesAgo: 2 * dayMinutes, outcome: 'aborted', secondsOver100: 7, secondsOver150: 2 };
  await ended(
    { minutesAgo: 2 * dayMinutes },
    { ...aborted, rail: 'contention', maxContentionMs: 261 },
    { ...aborted, rail: 'contention' },
    { ...aborted, rail: 'slo' },
    { minutesAgo: 2 * dayMinutes, outcome: 'stopped', rail: 'stopped' },
    { minutesAgo: 2 * dayMinutes, tier: 'feed', outcome: 'inconclusive' },
    { minutesAgo: 60 * dayMinutes },
  );
  const rows = await answerOf('loadtest-outcomes');
  const counts = { seconds: 412, seconds_over_100_ms: 0, seconds_over_150_ms: 0 };
  deepEqual(
    rows.map(({ day, ...row }) => row),
    [
      {
        tier: 'feed',
        tests: 1,
        found: 0,
        aborted: 0,
        aborted_by_rail: {},
        other: 1,
        rehearsals: 0,
        worst_contention_ms: 82,
        ...counts,
      },
      {
        tier: 'web',
        tests: 5,
        found: 1,
        aborted: 3,
        aborted_by_rail: { contention: 2, slo: 1 },
        other: 1,
        rehearsals: 0,
        worst_contention_ms: 261,
        seconds: 5 * 412,
        seconds_over_100_ms: 21,
        seconds_over_150_ms: 6,
      },
    ],
  );
});

test('a rehearsal is no test: it is counted by itself', async () => {
  const rehearsal = { outcome: 'dry_run', seconds: 0, maxContentionMs: 0, lambda100: undefined };
  await ended({ minutesAgo: 0 }, { minutesAgo: 0, ...rehearsal }, { minutesAgo: 0, ...rehearsal });
  const [row, ...more] = await answerOf('loadtest-outcomes');
  const { tests, found: withAnswer, other, rehearsals } = row!;
  deepEqual([tests, withAnswer, other, rehearsals, more], [1, 1, 0, 2, []]);
});

test('decisions of a tier between two moments, in order; without moments those of the last hour', async () => {
  const at = (minutesAgo: number) => nowMs - minutesAgo * 60_000;
  const values = [90, 30, 20, 10].map((minutesAgo) => ({ ...step, timeMs: at(minutesAgo), reason: `${minutesAgo}` }));
  await insertRecords(engine(), loadTestSteps, [...values, { ...step, tier: 'feed', timeMs: at(15) }]);
  const reasons = async (params: Readonly<Record<string, string>>) =>
    (await answerOf('loadtest-decisions', { tier: 'web', ...params })).map((row) => row['reason']);
  deepEqual(await reasons({}), ['30', '20', '10']);
  deepEqual(await reasons({ since: new Date(at(95)).toISOString(), until: new Date(at(20)).toISOString() }), [
    '90',
    '30',
    '20',
  ]);
});
