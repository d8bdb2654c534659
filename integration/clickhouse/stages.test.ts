import { deepEqual, equal } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestRecord } from '../../pipelines/clickhouse/testing-batches.ts';
import type {
  BlockIdentity,
  CorrelationsBlock,
  HostWindowsBlock,
  TierSecondsBlock,
  TierWindowsBlock,
} from '../../schemas/blocks.ts';
import type { AvroTopic } from '../../schemas/codec.ts';
import { catalogueVersion, counterIndex, counters } from '../../schemas/counters.ts';
import { samples } from '../../schemas/testing/samples.ts';
import { ask } from '../../sinks/clickhouse/ask.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { streamTables } from '../../sinks/clickhouse/tables.ts';
import { baseMs, type Delivery, recordOf, StageDeliveries } from './stage-deliveries.ts';

/** Every kind of row goes through its stage into the real engine, twice where a crash may repeat it. */
let deliveries: StageDeliveries;
let clickHouse: ClickHouse;

before(async () => {
  deliveries = await StageDeliveries.open();
  clickHouse = deliveries.clickHouse;
});
after(() => deliveries.close());

const busy = counterIndex.get('cpu_busy_ratio')!;
const deliver = (delivery: Delivery) => deliveries.deliver(delivery);
const one = (sql: string) => deliveries.one(sql);
const identity: BlockIdentity = {
  host: 'web1.snc1',
  tier: "o'tier\t\\",
  service: 'www',
  region: 'SNC',
  serverType: 'I',
  generation: 'NHM',
  build: '',
  pool: 'p',
  server: 's',
};
const head = { windowEndMs: baseMs, source: 0, sources: 1, epoch: 1, part: 0, parts: 1 };
const markerOf = (windowMs: number, closedThroughMs: number) =>
  ({ kind: 'marker', source: 0, sources: 1, epoch: 1, windowMs, closedThroughMs }) as const;

test('seconds of hosts: repeated records and repeated deliveries leave one row, the first in the log', async () => {
  const topic = 'dyno.counters.v1';
  const sample = (host: string, value: number, timeMs = baseMs) => {
    const values = new Float64Array(counters.length).fill(Number.NaN);
    values[busy] = value;
    return { host, timeMs, intervalMs: 1_000, sequence: 1, values, app: new Map([["q'", 0.1]]) };
  };
  const records = [
    recordOf(topic, sample('a', 0.25)),
    recordOf(topic, sample('a', 0.75)),
    recordOf(topic, sample('b', 1, 5_000)),
    { appendMs: baseMs + 5_000, value: null },
  ];
  equal(await deliver({ kind: 'raw', topic, records }), 1);
  equal(await deliver({ kind: 'raw', topic, records }), 1, 'left to its token');
  const sql = `SELECT host, toUnixTimestamp(time) AS s, cpu_busy_ratio AS busy, cpu_user_ratio AS user, app, epoch FROM dynoscope.counters_1s`;
  deepEqual(await ask(clickHouse, { sql: `${sql} FINAL ORDER BY host` }), [
    { host: 'a', s: baseMs / 1_000, busy: 0.25, user: null, app: { "q'": 0.1 }, epoch: 1 },
    { host: 'b', s: 5, busy: 1, user: null, app: { "q'": 0.1 }, epoch: 1 },
  ]);
  equal((await one("SELECT count() AS n FROM dynoscope.counters_1s WHERE src = 'dyno.counters.v1-2'"))?.['n'], 2);
});

test('windows of hosts, and a second delivery after a crash asks first and inserts nothing', async () => {
  const topic = 'dyno.host-windows.v1';
  const values = new Float32Array(counters.length);
  const samples = new Uint8Array(counters.length);
  values[busy] = 0.1;
  samples[busy] = 8;
  const block: HostWindowsBlock = {
    ...head,
    kind: 'host-windows',
    windowMs: 10_000,
    hosts: [identity],
    catalogueVersion,
    values,
    samples,
    app: [undefined],
  };
  const records = [recordOf(topic, block), recordOf(topic, markerOf(10_000, baseMs))];
  equal(await deliver({ kind: 'clickhouse', topic, records }), 1);
  equal(await deliver({ kind: 'clickhouse', topic, records }), 0);
  deepEqual(
    await one(
      'SELECT tier, samples, reinterpretAsUInt32(cpu_busy_ratio) AS bits, cpu_user_ratio AS user FROM dynoscope.host_windows',
    ),
    { tier: identity.tier, samples: 8, bits: new Uint32Array(Float32Array.of(0.1).buffer)[0], user: null },
  );
});

test('seconds of tiers, two windows an insert', async () => {
  const topic = 'dyno.tier-seconds.v1';
  const second = (windowEndMs: number, rps: number): TestRecord => {
    const block: TierSecondsBlock = {
      ...head,
      kind: 'tier-seconds',
      windowEndMs,
      windowMs: 1_000,
      hosts: [identity],
      metrics: ['rps', 'none'],
      values: Float64Array.of(rps, Number.NaN),
    };
    return recordOf(topic, block);
  };
  const records = [second(baseMs, 1.1), second(baseMs + 1_000, 2), recordOf(topic, markerOf(1_000, baseMs + 1_000))];
  equal(await deliver({ kind: 'clickhouse', topic, records }), 1);
  equal(await deliver({ kind: 'clickhouse', topic, records }), 0);
  deepEqual(await ask(clickHouse, { sql: 'SELECT metrics FROM dynoscope.tier_seconds ORDER BY time' }), [
    { metrics: { rps: 1.1 } },
    { metrics: { rps: 2 } },
  ]);
});

test('windows of tiers of three lengths go to three tables', async () => {
  const topic = 'dyno.tier-windows.v1';
  const hourMs = Math.floor(baseMs / 3_600_000) * 3_600_000;
  const records = [10_000, 60_000, 3_600_000].flatMap((windowMs) => {
    const block: TierWindowsBlock = {
      ...head,
      kind: 'tier-windows',
      windowEndMs: hourMs,
      windowMs,
      tier: 'web',
      service: 'www',
      catalogueVersion,
      cells: [{ region: '', serverType: '' }],
      rowCells: Int32Array.of(0, 0),
      rowCounters: Int32Array.of(busy, 0),
      rowHosts: Int32Array.of(3, 0),
      rowSamples: Int32Array.of(30, 0),
      figures: Float32Array.from({ length: 18 }, (_, i) => i / 2),
      sketches: [Buffer.alloc(1), Buffer.alloc(1)],
    };
    return [recordOf(topic, block), recordOf(topic, markerOf(windowMs, hourMs))];
  });
  equal(await deliver({ kind: 'clickhouse', topic, records }), 3);
  for (const table of ['tier_windows', 'tier_windows_1m', 'tier_windows_1h']) {
    const row = await one(
      `SELECT counter, hosts, samples, mean, min, max, p5, p50, p99, count() OVER () AS n FROM dynoscope.${table}`,
    );
    const wanted = {
      counter: 'cpu_busy_ratio',
      hosts: 3,
      samples: 30,
      mean: 0,
      min: 1,
      max: 2,
      p5: 3,
      p50: 5,
      p99: 8,
      n: 1,
    };
    deepEqual(row, wanted, table);
  }
});

test('correlations of a second are rows by part of the tier, pair and length of window; what cannot be told is NULL', async () => {
  const topic = 'instantdyno.correlations.v1';
  const block: CorrelationsBlock = {
    ...head,
    kind: 'correlations',
    windowMs: 1_000,
    tier: 'web',
    metrics: ['requests_per_s', 'duration_avg_ms'],
    entities: [{ generation: 'NHM', host: '' }],
    rowEntities: Int32Array.of(0, 0),
    rowX: Int32Array.of(0, 0),
    rowY: Int32Array.of(1, 1),
    rowWindowsS: Int32Array.of(60, 300),
    figures: Float64Array.from({ length: 32 }, (_, i) => (i === 5 ? Number.NaN : 0.1 + 0.2 + i)),
  };
  const records = [recordOf(topic, block), recordOf(topic, markerOf(1_000, baseMs + 1_000))];
  equal(await deliver({ kind: 'clickhouse', topic, records }), 1);
  const row = await one(
    'SELECT tier, generation, host, x, y, n, r, lag_s, count() OVER () AS beside FROM dynoscope.correlations ORDER BY window_s DESC LIMIT 1',
  );
  deepEqual(row, {
    tier: 'web',
    generation: 'NHM',
    host: '',
    x: 'requests_per_s',
    y: 'duration_avg_ms',
    n: 0.1 + 0.2 + 1,
    r: null,
    lag_s: 0.1 + 0.2 + 31,
    beside: 2,
  });
});

const placement = { ...identity, datacenter: 'dc', rack: 'r', owner: 'o' };

test('placements from the beginning and from a moment on give the view its spans', async () => {
  const topic = 'topology.hosts.v1';
  const placements = [
    { ...placement, tier: 'old', validFromMs: 0 },
    { ...placement, tier: 'new', validFromMs: baseMs },
  ];
  const records = [recordOf(topic, { host: 'h', placements }, 'h'), recordOf(topic, { host: 'i', placements }, 'i')];
  equal(await deliver({ kind: 'clickhouse', topic, records }), 1);
  const restored = [{ topic, partition: 2, lowOffset: 0, metadata: '{"position":0}' }];
  equal(await deliver({ kind: 'clickhouse', topic, records, restored }), 0, 'the crash came between insert and commit');
  const at = (timeMs: number) =>
    one(
      `SELECT tier FROM dynoscope.v_host_tier_asof WHERE host = 'h' AND toDateTime64(${timeMs / 1_000}, 3) > valid_from AND toDateTime64(${timeMs / 1_000}, 3) <= valid_to`,
    );
  deepEqual([await at(baseMs), await at(baseMs + 1_000)], [{ tier: 'old' }, { tier: 'new' }]);
});

test('services', async () => {
  const service = {
    service: 'www',
    product: 'p',
    topTier: 'web',
    webRelated: true,
    reference: true,
    owners: ["o'1", 'o2'],
  };
  const services = { kind: 'clickhouse', topic: 'topology.services.v1' } as const;
  equal(await deliver({ ...services, records: [recordOf('topology.services.v1', service)] }), 1);
  deepEqual(await one('SELECT reference, owners, removed FROM dynoscope.service_info'), {
    reference: true,
    owners: ["o'1", 'o2'],
    removed: false,
  });
});

test('what stages say of themselves', async () => {
  const stats = {
    stage: 'windows',
    epoch: 1,
    task: '0',
    worker: 'h/1',
    timeMs: baseMs,
    state: 'running',
    reason: '',
    stats: new Map([['windowed', 12]]),
  } as const;
  equal(
    await deliver({
      kind: 'clickhouse',
      topic: 'dyno.stage-stats.v1',
      records: [recordOf('dyno.stage-stats.v1', stats)],
    }),
    1,
  );
  deepEqual(await one('SELECT stage, stats FROM dynoscope.stage_stats'), { stage: 'windows', stats: { windowed: 12 } });
});

test('what hosts are', async () => {
  const info = {
    host: 'h',
    timeMs: baseMs,
    simulated: false,
    agentVersion: '1',
    intervalMs: 1_000,
    bootTimeMs: 0,
    os: 'Debian',
    kernel: '6',
    architecture: 'x86_64',
    virtualization: 'kvm',
    cpuModel: 'c',
    generation: '',
    sockets: 1,
    physicalCores: 2,
    logicalCpus: 2,
    numaNodes: 1,
    memoryBytes: 2 ** 40,
    swapBytes: 0,
    disks: [{ name: 'vda', model: '', sizeBytes: 5, rotational: false }],
    nics: [{ name: 'eth0', driver: 'v', speedMbitPerS: undefined }],
    unavailable: new Map([['cpu_cycles_per_s', 'no_pmu' as const]]),
  };
  equal(
    await deliver({ kind: 'clickhouse', topic: 'dyno.systeminfo.v1', records: [recordOf('dyno.systeminfo.v1', info)] }),
    1,
  );
  deepEqual(
    await one(
      'SELECT memory_bytes AS m, unavailable, toUnixTimestamp64Milli(boot_time) AS boot FROM dynoscope.system_info',
    ),
    {
      m: 2 ** 40,
      unavailable: { cpu_cycles_per_s: 'no_pmu' },
      boot: 0,
    },
  );
});

test('capacity of a kind of host, and the law of its tier where natural traffic told it', async () => {
  const topic = 'instantdyno.capacity.v1';
  const found = { ...samples[topic], timeMs: baseMs, tier: identity.tier, lambda100: 0.1 + 0.2 };
  const ofTest = { ...found, timeMs: baseMs - 60_000, scalability: undefined };
  const records = [ofTest, found].map((value) => recordOf(topic, value));
  equal(await deliver({ kind: 'clickhouse', topic, records }), 2);
  deepEqual(
    await one(
      'SELECT toUnixTimestamp64Milli(time) AS ms, tier, lambda100, relative_se AS se, extrapolated, servers, hits FROM dynoscope.capacity_estimates ORDER BY time DESC LIMIT 1',
    ),
    {
      ms: baseMs,
      tier: identity.tier,
      lambda100: 0.1 + 0.2,
      se: 0.008,
      extrapolated: false,
      servers: 16,
      hits: 120_345,
    },
  );
  const law = await one('SELECT sigma, peak_throughput_hi AS hi, count() OVER () AS n FROM dynoscope.tier_scalability');
  deepEqual(law, { sigma: 0.0001, hi: 11_900, n: 1 });
});

test('decisions of load tests, and the tests that ended with one; a second delivery after a crash inserts nothing', async () => {
  const topic = 'instantdyno.loadtests.v1';
  const { ended, ...step } = { ...samples[topic], timeMs: baseMs };
  const idle = {
    ...step,
    runId: undefined,
    contentionMs: undefined,
    factor: undefined,
    lambda100: undefined,
    commandSeq: undefined,
  };
  const withoutEstimate = { ...ended!, lambda100: undefined };
  const records = [
    recordOf(topic, { ...idle, ended: undefined }),
    recordOf(topic, { ...step, rail: 'slo', ended: withoutEstimate }),
  ];
  equal(await deliver({ kind: 'clickhouse', topic, records }), 2);
  const restored = [{ topic, partition: 2, lowOffset: 0, metadata: '{"position":0}' }];
  equal(await deliver({ kind: 'clickhouse', topic, records, restored }), 0);
  deepEqual(
    await ask(clickHouse, {
      sql: 'SELECT rail, run_id, contention_ms AS c, factor, lambda100, command_seq AS seq FROM dynoscope.loadtest_steps ORDER BY record_offset',
    }),
    [
      { rail: '', run_id: '', c: null, factor: null, lambda100: null, seq: 0 },
      { rail: 'slo', run_id: ended!.runId, c: 71.2, factor: 1.93, lambda100: 48.1, seq: 212 },
    ],
  );
  deepEqual(
    await one(
      'SELECT toUnixTimestamp64Milli(started) AS ms, run_id, outcome, rail, steps, lambda100, lo, record_offset AS at, count() OVER () AS n FROM dynoscope.loadtest_runs',
    ),
    {
      ms: ended!.startedMs,
      run_id: ended!.runId,
      outcome: 'found',
      rail: 'slo',
      steps: 12,
      lambda100: null,
      lo: 47.2,
      at: 1,
      n: 1,
    },
  );
});

test('commands for weights, and what adapters did', async () => {
  for (const topic of ['loadbalancer.control.v1', 'loadbalancer.applied.v1'] as const)
    equal(await deliver({ kind: 'clickhouse', topic, records: [recordOf(topic, samples[topic])] }), 1);
  const row = await one('SELECT previous_weights AS p, dry_run AS d FROM dynoscope.weight_commands');
  deepEqual(row, { p: { web1: 230 }, d: true });
  deepEqual(await one('SELECT readback FROM dynoscope.weight_applied'), { readback: { web1: 242 } });
});

test('what was rejected', async () => {
  const headers = Object.fromEntries(
    Object.entries({ topic: 'dyno.counters.v1', partition: '3', offset: '42', 'exception.message': 'a\tb\0' }).map(
      ([name, text]) => [`__connect.errors.${name}`, Buffer.from(text)],
    ),
  );
  const topic = 'dyno.counters.v1.dlq' as AvroTopic;
  const records = [{ appendMs: baseMs, key: 'web1', value: Buffer.from([0, 1]), headers }];
  equal(await deliver({ kind: 'clickhouse', topic, records }), 1);
  deepEqual(await one('SELECT partition, message, value_head FROM dynoscope.rejected_records'), {
    partition: 3,
    message: 'a\tb\0',
    value_head: '0001',
  });
});

test('in every table the binary rows of its stage are the rows of the text', async () => {
  for (const table of streamTables) {
    const [text, binary] = [`SELECT * FROM dynoscope.${table} FINAL`, `SELECT * FROM server.${table} FINAL`];
    const found = await one(
      `SELECT (SELECT count() FROM (${text} EXCEPT ${binary})) AS missing, (SELECT count() FROM (${binary} EXCEPT ${text})) AS more,
  (SELECT count() FROM (${text})) > 0 AS any, (SELECT count() FROM (${text})) = (SELECT count() FROM (${binary})) AS same`,
    );
    deepEqual({ ...found }, { missing: 0, more: 0, any: 1, same: 1 }, table);
  }
});
