import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BlockIdentity, HostWindowsBlock, TierSecondsBlock, WindowMarker } from '../schemas/blocks.ts';
import { codecOf } from '../schemas/codec.ts';
import { catalogueVersion, counterIndex, counters } from '../schemas/counters.ts';
import type { HostPlacements } from '../schemas/records.ts';
import { samples } from '../schemas/testing/samples.ts';
import { batchOf, fieldOf, runInCuts, shownInserts, startOf, type TestRecord } from './clickhouse/testing-batches.ts';
import { clickhouseStage } from './clickhouse.ts';
import { startGraph } from './runtime/graph-run.ts';
import type { GraphStart } from './runtime/stage.ts';

const seconds = codecOf('dyno.tier-seconds.v1');
const windows = codecOf('dyno.host-windows.v1');
const placements = codecOf('topology.hosts.v1');
const loadTests = codecOf('instantdyno.loadtests.v1');
const schemaOf = new Map([
  ['dyno.tier-seconds.v1', { id: 1, json: seconds.schemaJson }],
  ['dyno.host-windows.v1', { id: 2, json: windows.schemaJson }],
  ['topology.hosts.v1', { id: 3, json: placements.schemaJson }],
  ['instantdyno.loadtests.v1', { id: 4, json: loadTests.schemaJson }],
]);
/** A whole 10 s, and a whole slot of 2 s. */
const baseMs = 1_700_000_000_000;

const identity = (host: string): BlockIdentity => ({
  host,
  tier: 'web',
  service: 'www',
  region: 'east',
  serverType: 'I',
  generation: 'NHM',
  build: 'b1',
  pool: 'p',
  server: host,
});
const head = (windowEndMs: number, windowMs: number, source: number, part: number) => ({
  windowEndMs: baseMs + windowEndMs,
  windowMs,
  source,
  sources: 2,
  epoch: 1,
  part,
  parts: part + 1,
});
const record = (value: Buffer | null): TestRecord => ({ appendMs: baseMs, key: 'web', value });
const second = (endMs: number, source: number, part: number, host: string): TestRecord => {
  const metrics = ['rps', 'latency_ms'];
  const block: TierSecondsBlock = {
    ...head(endMs, 1_000, source, part),
    kind: 'tier-seconds',
    hosts: [identity(host)],
    metrics,
    values: Float64Array.of(12.25, Number.NaN),
  };
  return record(seconds.encode(block, 1));
};
const marker = (source: number, closedThroughMs: number, windowMs = 1_000): TestRecord => {
  const message: WindowMarker = {
    kind: 'marker',
    source,
    sources: 2,
    epoch: 1,
    windowMs,
    closedThroughMs: baseMs + closedThroughMs,
  };
  return record(windowMs === 1_000 ? seconds.encode(message, 1) : windows.encode(message, 2));
};
const window = (endMs: number, source: number, host: string, version = catalogueVersion): TestRecord => {
  const values = new Float32Array(counters.length);
  const samples = new Uint8Array(counters.length);
  const busy = counterIndex.get('cpu_busy_ratio')!;
  values[busy] = 0.25;
  samples[busy] = 9;
  const block: HostWindowsBlock = {
    ...head(endMs, 10_000, source, 0),
    kind: 'host-windows',
    hosts: [identity(host)],
    catalogueVersion: version,
    values,
    samples,
    app: [
      new Map([
        ['z', 2],
        ['a', 1],
      ]),
    ],
  };
  return record(windows.encode(block, 2));
};

async function graphOf(topic: string, newest?: number | Readonly<Record<string, number>>) {
  const schema = schemaOf.get(topic);
  const stage = clickhouseStage({
    schemaById: () => Promise.resolve(schema?.json),
    newestInserted: ({ table }) => Promise.resolve(typeof newest === 'object' ? newest[table] : newest),
  });
  const start = startOf('clickhouse', topic);
  await stage.beforeStart?.(start.identity);
  await stage.prepare(batchOf([record(Buffer.from([0, 0, 0, 0, schema?.id ?? 0]))], { topic }));
  return (from: GraphStart) => stage.graph(from);
}
const insertsOf = async (topic: string, records: readonly TestRecord[], newest?: number) =>
  runInCuts({ records, topic, cuts: [], graph: await graphOf(topic, newest) });

test('a window of hosts is one insert when all sources have closed it, rows by source', async () => {
  const records = [
    window(10_000, 1, 'b'),
    marker(1, 10_000, 10_000),
    window(10_000, 0, 'a'),
    marker(0, 10_000, 10_000),
  ];
  const [insert, ...rest] = await insertsOf('dyno.host-windows.v1', records);
  deepEqual(rest, []);
  equal(insert?.table, 'host_windows');
  equal(insert?.token, `host_windows:dyno.host-windows.v1-2:1:${baseMs + 10_000}`);
  deepEqual(fieldOf(insert, 'host'), ['a', 'b']);
  deepEqual(fieldOf(insert, 'time'), ['1700000010', '1700000010']);
  deepEqual(fieldOf(insert, 'cpu_busy_ratio'), ['0.250000000', '0.250000000']);
  deepEqual(fieldOf(insert, 'cpu_instructions_per_s'), ['\\N', '\\N']);
  deepEqual(fieldOf(insert, 'samples'), ['9', '9']);
  deepEqual(fieldOf(insert, 'app'), ["{'a':1,'z':2}", "{'a':1,'z':2}"]);
  deepEqual(fieldOf(insert, 'src'), ['dyno.host-windows.v1-2', 'dyno.host-windows.v1-2']);
});

test('blocks of a newer catalogue make the sink wait: they get no wrong columns and are not passed over', async () => {
  const records = [window(10_000, 0, 'a', catalogueVersion + 1), marker(0, 10_000, 10_000)];
  await rejects(insertsOf('dyno.host-windows.v1', records), { code: 'DYNO_SCHEMA_CATALOGUE_NEWER', retryable: true });
});

test('a window that one source has not closed is not inserted', async () => {
  deepEqual(await insertsOf('dyno.host-windows.v1', [window(10_000, 0, 'a'), marker(0, 20_000, 10_000)]), []);
});

test('seconds go two an insert, by second, source and part; a metric without a value is not in the map', async () => {
  const records = [
    second(1_000, 1, 0, 'd'),
    second(0, 1, 0, 'b'),
    second(0, 0, 1, 'a2'),
    second(0, 0, 0, 'a1'),
    second(1_000, 0, 0, 'c'),
    marker(0, 1_000),
    marker(1, 0),
    marker(1, 1_000),
  ];
  const [insert, ...rest] = await insertsOf('dyno.tier-seconds.v1', records);
  deepEqual(rest, []);
  equal(insert?.token, `tier_seconds:dyno.tier-seconds.v1-2:1:${baseMs + 1_000}`);
  deepEqual(fieldOf(insert, 'host'), ['a1', 'a2', 'b', 'c', 'd']);
  deepEqual(fieldOf(insert, 'metrics'), new Array(5).fill("{'rps':12.25}"));
});

test('windows that ClickHouse already holds are passed over', async () => {
  const records = [10_000, 20_000].flatMap((end) => [
    window(end, 0, `h${end}`),
    marker(0, end, 10_000),
    marker(1, end, 10_000),
  ]);
  const inserts = await insertsOf('dyno.host-windows.v1', records, baseMs + 10_000);
  deepEqual(
    inserts.flatMap((insert) => fieldOf(insert, 'host')),
    ['h20000'],
  );
  const secondsAgain = [second(0, 0, 0, 'a'), second(1_000, 0, 0, 'b'), marker(0, 1_000), marker(1, 1_000)];
  deepEqual(
    await insertsOf('dyno.tier-seconds.v1', secondsAgain, baseMs),
    [],
    'its slot has a row of its first second',
  );
});

test('a block after completion is counted and written nowhere, nor are values that are no blocks', async () => {
  const topic = 'dyno.host-windows.v1';
  const records = [
    marker(0, 10_000, 10_000),
    marker(1, 10_000, 10_000),
    window(10_000, 0, 'a'),
    record(Buffer.from('junk')),
  ];
  const run = startGraph((await graphOf(topic))(startOf('clickhouse', topic)));
  deepEqual(run.push(batchOf(records, { topic })), []);
  const { late_blocks, undecodable } = run.graph.stats();
  deepEqual({ late_blocks, undecodable }, { late_blocks: 1, undecodable: 1 });
});

const placed = (host: string, tiers: readonly string[]): TestRecord => {
  const value: HostPlacements = {
    host,
    placements: tiers.map((tier, i) => ({
      ...identity(host),
      tier,
      datacenter: 'dc1',
      rack: 'r1',
      owner: 'o',
      validFromMs: i === 0 ? 0 : baseMs + i * 1_000,
    })),
  };
  return { appendMs: baseMs, key: host, value: placements.encode(value, 3) };
};

test('records without windows are inserted when the partition has been read to its end', async () => {
  const topic = 'topology.hosts.v1';
  const records = [
    placed('a', ['web', 'cache']),
    placed('b', ['web']),
    { appendMs: baseMs + 250, key: 'a', value: null },
  ];
  const run = startGraph((await graphOf(topic))(startOf('clickhouse', topic)));
  deepEqual(run.push(batchOf(records, { topic, to: 2 })), []);
  equal(run.graph.checkpoint()[0]?.lowOffset, 0);
  const made = run.push(batchOf(records, { topic, from: 2 })).filter((output) => output.kind === 'insert');
  equal(made[0]?.token, 'host_placement:topology.hosts.v1-2:1:0-2');
  deepEqual(fieldOf(made[0], 'host'), ['a', 'a', 'b', 'a']);
  deepEqual(fieldOf(made[0], 'tier'), ['web', 'cache', 'web', 'unassigned']);
  deepEqual(fieldOf(made[0], 'valid_from'), [
    '1970-01-01 00:00:00.000',
    '2023-11-14 22:13:21.000',
    '1970-01-01 00:00:00.000',
    '2023-11-14 22:13:20.250',
  ]);
  deepEqual(fieldOf(made[0], 'record_offset'), ['0', '0', '1', '2']);
  equal(run.graph.checkpoint()[0]?.lowOffset, 3);
});

test('after a crash between insert and commit the records that ClickHouse holds are passed over', async () => {
  const topic = 'topology.hosts.v1';
  const records = [placed('a', ['web']), placed('b', ['web']), placed('c', ['web'])];
  const committed = { topic, partition: 2, lowOffset: 0, metadata: '{"position":0}' };
  const run = startGraph((await graphOf(topic, 1))(startOf('clickhouse', topic, [committed])));
  const made = run.push(batchOf(records, { topic })).filter((output) => output.kind === 'insert');
  deepEqual(fieldOf(made[0], 'host'), ['c']);
});

/** Decisions of a controller; the test ends with the second one. */
const decisions: readonly TestRecord[] = ['raise', 'found', 'drain'].map((action) => {
  const { ended, ...step } = samples['instantdyno.loadtests.v1'];
  const isEnd = action === 'found';
  const value = { ...step, action, rail: isEnd ? undefined : 'ack', ended: isEnd ? ended : undefined };
  return { appendMs: baseMs, key: 'web', value: loadTests.encode(value, 4) };
});
const tokensOf = (inserts: readonly { readonly token: string }[]) => inserts.map(({ token }) => token);

test('each decision of a load test is a row, and the one that ended it a row of the runs too', async () => {
  const topic = 'instantdyno.loadtests.v1';
  const made = await insertsOf(topic, decisions);
  deepEqual(tokensOf(made), [`loadtest_steps:${topic}-2:1:0-2`, `loadtest_runs:${topic}-2:1:1-1`]);
  const [steps, runs] = made;
  deepEqual(fieldOf(steps, 'action'), ['raise', 'found', 'drain']);
  deepEqual(fieldOf(steps, 'rail'), ['ack', '', 'ack']);
  deepEqual(fieldOf(steps, 'lease_epoch'), ['3', '3', '3']);
  const shown = ['time', 'started', 'run_id', 'tier', 'outcome', 'rail', 'seconds', 'lambda100', 'record_offset'].map(
    (column) => fieldOf(runs, column).join(),
  );
  deepEqual(shown, [
    '2023-11-14 22:23:20.000',
    '2023-11-14 22:13:20.000',
    'web-NHM-1700000000000',
    'web',
    'found',
    '',
    '412',
    '48.1',
    '1',
  ]);
});

test('after a crash between the inserts of two tables each gets what it lacks', async () => {
  const topic = 'instantdyno.loadtests.v1';
  const committed = { topic, partition: 2, lowOffset: 0, metadata: '{"position":0}' };
  const made = async (newest: Readonly<Record<string, number>>) => {
    const run = startGraph((await graphOf(topic, newest))(startOf('clickhouse', topic, [committed])));
    const inserts = run.push(batchOf(decisions, { topic })).filter((output) => output.kind === 'insert');
    return [tokensOf(inserts), run.graph.stats()['already_inserted']];
  };
  const steps = `loadtest_steps:${topic}-2:1`;
  const runs = `loadtest_runs:${topic}-2:1:1-1`;
  deepEqual(await made({ loadtest_steps: 2 }), [[runs], 0]);
  deepEqual(await made({ loadtest_steps: 0 }), [[`${steps}:1-2`, runs], 0]);
  deepEqual(await made({ loadtest_steps: 1, loadtest_runs: 1 }), [[`${steps}:2-2`], 2]);
});

test('while a row of either table is open, the commit goes back to it', async () => {
  const topic = 'instantdyno.loadtests.v1';
  const run = startGraph((await graphOf(topic))(startOf('clickhouse', topic)));
  deepEqual(run.push(batchOf(decisions, { topic, from: 1, to: 2 })), []);
  equal(run.graph.checkpoint()[0]?.lowOffset, 1);
});

test('a rejected record says in its row where it came from and why', async () => {
  const headers = Object.fromEntries(
    Object.entries({
      topic: 'dyno.counters.v1',
      partition: '3',
      offset: '42',
      'exception.class.name': 'truncated',
    }).map(([name, text]) => [`__connect.errors.${name}`, Buffer.from(text)]),
  );
  const rejected = { appendMs: baseMs, key: 'web1', value: Buffer.from([0, 1]), headers };
  const [insert] = await insertsOf('dyno.counters.v1.dlq', [rejected]);
  const shown = ['topic', 'partition', 'offset', 'record_key', 'reason', 'value_bytes', 'value_head'].map(
    (column) => fieldOf(insert, column)[0],
  );
  deepEqual(shown, ['dyno.counters.v1', '3', '42', 'web1', 'truncated', '2', '0001']);
});

const steps = fc.array(fc.record({ source: fc.nat(1), advance: fc.boolean(), ahead: fc.nat(2) }), { maxLength: 40 });
const cutsArbitrary = fc.array(fc.record({ size: fc.integer({ min: 1, max: 7 }), crash: fc.boolean() }), {
  maxLength: 30,
});

test('any cut into batches and any restarts give the same inserts of seconds, byte for byte', async () => {
  const graph = await graphOf('dyno.tier-seconds.v1');
  fc.assert(
    fc.property(steps, cutsArbitrary, (moves, cuts) => {
      const closed = [0, 0];
      const records = moves.map(({ source, advance, ahead }, i) => {
        const endMs = closed[source]! + 1_000 * (ahead + 1);
        if (!advance) return second(endMs, source, i, `h${i}`);
        closed[source] = endMs;
        return marker(source, endMs);
      });
      const topic = 'dyno.tier-seconds.v1';
      const whole = runInCuts({ records, topic, cuts: [], graph });
      deepEqual(shownInserts(runInCuts({ records, topic, cuts, graph })), shownInserts(whole));
    }),
    { numRuns: 100 },
  );
});
