import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { codecOf } from '../schemas/codec.ts';
import { counterIndex, counters } from '../schemas/counters.ts';
import { batchOf, fieldOf, runInCuts, shownInserts, startOf, type TestRecord } from './clickhouse/testing-batches.ts';
import { rawStage } from './raw.ts';
import { startGraph } from './runtime/graph-run.ts';
import type { GraphStart } from './runtime/stage.ts';

const topic = 'dyno.counters.v1';
const codec = codecOf(topic);
/** A multiple of the slot of 5 s. */
const baseMs = 1_700_000_000_000;

const at = (appendMs: number, host: string, eventMs = appendMs, value = 0.5): TestRecord => {
  const values = new Float64Array(counters.length).fill(Number.NaN);
  values[counterIndex.get('cpu_busy_ratio')!] = value;
  const sample = {
    host,
    timeMs: baseMs + eventMs,
    intervalMs: 1_000,
    sequence: 0,
    values,
    app: new Map([['queue', 3]]),
  };
  return { appendMs: baseMs + appendMs, key: host, value: codec.encode(sample, 7) };
};
const tick = (appendMs: number): TestRecord => ({ appendMs: baseMs + appendMs, value: null });

async function graphOf(records: readonly TestRecord[], newestMs?: number) {
  const stage = rawStage({
    schemaById: (id) => Promise.resolve(id === 7 ? codec.schemaJson : undefined),
    newestInserted: () => Promise.resolve(newestMs),
  });
  await stage.beforeStart?.(startOf('raw', topic).identity);
  await stage.prepare(batchOf(records, { topic }));
  return (start: GraphStart) => stage.graph(start);
}
const run = async (records: readonly TestRecord[], newestMs?: number) =>
  startGraph((await graphOf(records, newestMs))(startOf('raw', topic)));

test('a slot of append time is one insert, made when a record of the next slot is seen', async () => {
  const records = [at(0, 'web1'), at(4_999, 'web2'), at(5_000, 'web1')];
  const { push, graph } = await run(records);
  deepEqual(push(batchOf(records, { topic, to: 2 })), []);
  const [insert, ...rest] = push(batchOf(records, { topic, from: 2 }));
  deepEqual(rest, []);
  equal(insert?.kind === 'insert' && insert.token, `counters_1s:dyno.counters.v1-2:1:${baseMs}`);
  const made = insert?.kind === 'insert' ? insert : undefined;
  deepEqual(fieldOf(made, 'host'), ['web1', 'web2']);
  deepEqual(fieldOf(made, 'time'), ['1700000000', '1700000004']);
  deepEqual(fieldOf(made, 'slot'), ['1700000000', '1700000000']);
  deepEqual(fieldOf(made, 'cpu_busy_ratio'), ['0.500000000', '0.500000000']);
  deepEqual(fieldOf(made, 'cpu_instructions_per_s'), ['\\N', '\\N']);
  deepEqual(fieldOf(made, 'app'), ["{'queue':3}", "{'queue':3}"]);
  equal(graph.urgent(), true);
  equal(graph.urgent(), false);
});

test('of two records of one second the first in the log has the higher precedence', async () => {
  const records = [at(0, 'web1', 0), at(1, 'web1', 0), tick(5_000)];
  const [insert] = runInCuts({ records, topic, cuts: [], graph: await graphOf(records) });
  deepEqual(fieldOf(insert, 'precedence'), ['9007199254740991', '9007199254740990']);
});

test('ticks move the slot and are no rows', async () => {
  const records = [at(0, 'web1'), tick(500), tick(5_000)];
  const [insert] = runInCuts({ records, topic, cuts: [], graph: await graphOf(records) });
  deepEqual(fieldOf(insert, 'host'), ['web1']);
});

test('undecodable and skewed records are left out and counted, late ones are rows', async () => {
  const wrong: TestRecord = { appendMs: baseMs, value: Buffer.from('nonsense') };
  const records = [wrong, at(1, 'ahead', 60_002), at(2, 'edge', 60_002), at(3, 'old', -7_200_000), tick(5_000)];
  const started = await run(records);
  const made = started.push(batchOf(records, { topic })).filter((output) => output.kind === 'insert');
  deepEqual(fieldOf(made[0], 'host'), ['edge', 'old']);
  const { undecodable, skewed, ticks, rows } = started.graph.stats();
  deepEqual({ undecodable, skewed, ticks, rows }, { undecodable: 1, skewed: 1, ticks: 1, rows: 2 });
});

test('an append time that goes back joins the open slot', async () => {
  const records = [at(7_000, 'web1'), at(3_000, 'web2'), tick(10_000)];
  const [insert] = runInCuts({ records, topic, cuts: [], graph: await graphOf(records) });
  deepEqual(fieldOf(insert, 'slot'), ['1700000005', '1700000005']);
});

test('slots older than the newest in ClickHouse are not inserted again; the newest itself is left to its token', async () => {
  const records = [at(0, 'a'), at(5_000, 'b'), at(10_000, 'c'), tick(15_000)];
  const inserts = runInCuts({ records, topic, cuts: [], graph: await graphOf(records, baseMs + 5_000) });
  deepEqual(
    inserts.flatMap((insert) => fieldOf(insert, 'host')),
    ['b', 'c'],
  );
});

test('the low offset is the first record of the open slot, else the position', async () => {
  const records = [at(0, 'a'), at(5_000, 'b'), tick(5_100), tick(10_000), tick(10_500)];
  const { push, graph } = await run(records);
  const low = () => graph.checkpoint()[0]?.lowOffset;
  push(batchOf(records, { topic, to: 3 }));
  equal(low(), 1);
  push(batchOf(records, { topic, from: 3 }));
  equal(low(), 5);
});

const logs = fc.array(fc.record({ gapMs: fc.nat(2_500), host: fc.constantFrom('a', 'b', 'c', ''), back: fc.nat(9) }), {
  maxLength: 40,
});
const cutsArbitrary = fc.array(fc.record({ size: fc.integer({ min: 1, max: 7 }), crash: fc.boolean() }), {
  maxLength: 30,
});

test('any cut into batches and any restarts give the same inserts, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(logs, cutsArbitrary, async (steps, cuts) => {
      let appendMs = 0;
      const records = steps.map(({ gapMs, host, back }) => {
        appendMs += gapMs;
        return host === '' ? tick(appendMs) : at(appendMs - (back === 0 ? 3_000 : 0), host, appendMs - back);
      });
      const graph = await graphOf(records);
      const whole = runInCuts({ records, topic, cuts: [], graph });
      deepEqual(shownInserts(runInCuts({ records, topic, cuts, graph })), shownInserts(whole));
    }),
    { numRuns: 60 },
  );
});
