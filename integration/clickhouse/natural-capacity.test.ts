import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { CapacityRecord } from '../../schemas/load-test-records.ts';
import { samples } from '../../schemas/testing/samples.ts';
import { ask } from '../../sinks/clickhouse/ask.ts';
import { capacityEstimates } from '../../sinks/clickhouse/rows/load-tests.ts';
import { tierScalability } from '../../sinks/clickhouse/rows/tier-scalability.ts';
import { insertRecords } from './insert-records.ts';
import { ownEngine } from './own-engine.ts';
import { savedAnswer } from './saved-answer.ts';

/** Capacity by natural traffic over the real engine: shown where it is asked for, and nowhere else. */
const engine = ownEngine([capacityEstimates.table, tierScalability.table]);

const sample = samples['instantdyno.capacity.v1'];
const nowMs = Math.floor(Date.now() / 1_000) * 1_000;

async function insert(...records: readonly (Partial<CapacityRecord> & { readonly minutesAgo?: number })[]) {
  const values = records.map(({ minutesAgo = 30, ...record }, at) => ({
    ...sample,
    timeMs: nowMs - minutesAgo * 60_000,
    runId: record.outcome === 'natural' ? '' : `run${at}`,
    scalability: undefined,
    ...record,
  }));
  await insertRecords(engine(), capacityEstimates, values);
  await insertRecords(engine(), tierScalability, values);
}
const natural = { outcome: 'natural', extrapolated: true, lambda100: 47, lo: 44, hi: 50, hostSeconds: 7_200 };

const answerOf = (name: string) => savedAnswer(engine(), name);

test('the newest natural figure of each kind stands beside what a test found on the same build', async () => {
  await insert(
    { ...natural, lambda100: 30, minutesAgo: 90 },
    { ...natural, minutesAgo: 20 },
    { ...natural, build: 'b-1043', lambda100: 40, lo: 38, hi: 42, minutesAgo: 10 },
    { ...natural, generation: 'SNB', minutesAgo: 10 },
    { lambda100: 48.1, lo: 47.2, hi: 49, minutesAgo: 300 },
    { build: 'b-1043', lambda100: 48, lo: 47, hi: 49, minutesAgo: 200 },
  );
  const sql = `SELECT generation, build, lambda100, round(age_minutes) AS age, host_hours, found_lambda100, agree
    FROM dynoscope.v_natural_capacity_now ORDER BY generation, build`;
  deepEqual(
    (await ask(engine(), { sql })).map((row) => Object.values(row)),
    [
      ['NHM', 'b-1042', 47, 20, 2, 48.1, true],
      ['NHM', 'b-1043', 40, 10, 2, 48, false],
      ['SNB', 'b-1042', 47, 10, 2, null, null],
    ],
  );
});

test('a natural figure is no result: capacity now, by generation and between builds are of load tests alone', async () => {
  await insert(
    { lambda100: 48, relativeSe: 0.008, minutesAgo: 600 },
    { build: 'b-1043', lambda100: 48.1, relativeSe: 0.008, minutesAgo: 300 },
    ...['b-1042', 'b-1043', 'b-1044'].map((build) => ({ ...natural, build, lambda100: 20, lo: 19, hi: 21 })),
  );
  const capacity = await ask(engine(), {
    sql: 'SELECT build, lambda100 FROM dynoscope.v_capacity_now ORDER BY build',
  });
  deepEqual(capacity, [
    { build: 'b-1042', lambda100: 48 },
    { build: 'b-1043', lambda100: 48.1 },
  ]);
  const generations = await answerOf('capacity-by-generation');
  deepEqual(
    generations.map((row) => [row['build'], row['lambda100_hits_per_s']]),
    [['b-1043', 48.1]],
  );
  const changes = await answerOf('capacity-changes');
  deepEqual(
    changes.map((row) => [row['build'], row['previous_build'], row['verdict']]),
    [['b-1043', 'b-1042', 'no change shown']],
  );
});

test('the law of a tier is a row of its own, of natural records that carry one', async () => {
  const scalability = sample.scalability!;
  await insert(
    { minutesAgo: 50 },
    { ...natural, minutesAgo: 30 },
    { ...natural, minutesAgo: 20, scalability },
    {
      ...natural,
      generation: 'SNB',
      minutesAgo: 10,
      scalability: { ...scalability, kappa: 0, peakConcurrency: undefined },
    },
  );
  const rows = await ask(engine(), {
    sql: 'SELECT * EXCEPT (src, epoch, record_offset, time) FROM dynoscope.tier_scalability ORDER BY time',
  });
  equal(rows.length, 2);
  deepEqual(Object.values(rows[0]!), ['web', ...Object.values(scalability)]);
  deepEqual([rows[1]!['kappa'], rows[1]!['peak_concurrency']], [0, null]);
});

test('the saved query has both, with what the tier as a whole says', async () => {
  await insert({ ...natural, minutesAgo: 20, scalability: sample.scalability }, { lambda100: 48.1, minutesAgo: 300 });
  const [row] = await answerOf('natural-capacity');
  deepEqual(
    ['lambda100_hits_per_s', 'found_hits_per_s', 'agree', 'tier_retrograde', 'tier_peak_hits_per_s', 'host_hours'].map(
      (name) => row![name],
    ),
    [47, 48.1, true, 'none', 9_800.5, 2],
  );
});
