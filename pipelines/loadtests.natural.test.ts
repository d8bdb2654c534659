import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBlockMessage } from '../schemas/block-codec.ts';
import type { TierSecondsBlock } from '../schemas/blocks.ts';
import { type AvroTopic, codecOf } from '../schemas/codec.ts';
import type { CapacityRecord } from '../schemas/load-test-records.ts';
import { parseLoadTests } from '../schemas/loadtests-file.ts';
import { type LoadtestsStageDeps, loadtestsStage } from './loadtests.ts';
import { startGraph } from './runtime/graph-run.ts';
import type { ProduceOutput, StateRecord } from './runtime/stage.ts';
import { batchOf, type LogRecord } from './testing/drive-stage.ts';

const schemaId = 7;
const codec = <T extends AvroTopic>(topic: T) => {
  const known = codecOf(topic);
  known.addSchema(schemaId, known.schemaJson);
  return known;
};
const seconds = codec('dyno.tier-seconds.v1');
const capacities = codec('instantdyno.capacity.v1');
const encoders = new Map<string, { encode(value: never, id: number): Buffer }>();
const metrics = ['requests_per_s', 'duration_avg_ms', 'cpu_busy_ratio', 'errors_per_s', 'duration_ms_p95'];
const startMs = Date.UTC(2026, 0, 5);
const hosts = Array.from({ length: 12 }, (_, i) => `h${i}`);
const loadTests = parseLoadTests({
  file: 'loadtests.yaml',
  text: `
tiers:
  - tier: web
    enabled: false
    pools: [{ name: web-pool, balancer: simulated }]
    slo: { p95_ms: 60000, error_ratio: 0.01 }
    hours: always
    safe_weights: 100
`,
});

const deps: LoadtestsStageDeps = {
  ensureSchemas: () => Promise.resolve(),
  decodeSeconds: (value) => seconds.decode(value),
  decodeApplied: () => {
    throw new Error('nobody answers here');
  },
  decodeRequest: () => {
    throw new Error('nobody asks here');
  },
  encode: (topic, value) => {
    const known = encoders.get(topic) ?? codecOf(topic);
    encoders.set(topic, known);
    return known.encode(value as never, schemaId);
  },
  loadTests,
  logicalCpusOf: () => 16,
  killSwitch: () => ({ on: false, ageMs: 0 }),
  neighbourTests: () => [],
};

/** 12 hosts of 16 CPUs under a wave of 80 minutes between 14 and 34 hits/s. */
function secondOf(second: number): LogRecord[] {
  const windowEndMs = startMs + 1_000 * (second + 1);
  const load = 24 + 10 * Math.sin((2 * Math.PI * second) / 4_800);
  const waitMs = 3 * (load / 34) ** 10;
  const rows = hosts.map((_, i) => {
    // A little of what chance does to hosts, so that they are not all the same.
    const chance = Math.sin(7 * i + second);
    const hits = load * (1 + 0.05 * chance);
    return [hits, 330 + waitMs + 5 * Math.sin(3 * i + 1.7 * second), hits / 53.7, 0, Number.NaN];
  });
  const head = { source: 0, sources: 1, epoch: 1, windowMs: 1_000 };
  const identity = { tier: 'web', service: 'www', region: 'snc', serverType: 'I', generation: 'NHM', build: 'b1' };
  const block: TierSecondsBlock = {
    kind: 'tier-seconds',
    ...head,
    windowEndMs,
    part: 0,
    parts: 1,
    hosts: hosts.map((host) => ({ ...identity, host, pool: 'web-pool', server: host })),
    metrics,
    values: Float64Array.from(metrics.flatMap((_, metric) => rows.map((row) => row[metric]!))),
  };
  const marker = { kind: 'marker', ...head, closedThroughMs: windowEndMs } as const;
  return [block, marker].map((message) => ({ appendMs: windowEndMs, value: encodeBlockMessage(message, schemaId) }));
}

function run(fromS: number, toS: number, stateRecords: readonly StateRecord[] = []) {
  const identity = { stage: 'loadtests', epoch: 1, partition: 0, topics: [] };
  const graph = startGraph(loadtestsStage(deps).graph({ identity, restored: [], stateRecords, partitionsOf: () => 1 }));
  const outputs: ProduceOutput[] = [];
  for (let second = fromS; second < toS; second++) {
    const records = secondOf(second);
    graph.push({ ...batchOf('dyno.tier-seconds.v1', records, 0, records.length, 0), replayed: false });
    const at = startMs + 1_000 * (second + 1);
    outputs.push(...((graph.graph.tick?.({ wallMs: at, monotonicMs: at }) ?? []) as ProduceOutput[]));
  }
  const at = startMs + 1_000 * (toS + 1);
  outputs.push(...((graph.graph.stopping?.({ wallMs: at, monotonicMs: at }) ?? []) as ProduceOutput[]));
  return { outputs, stats: graph.graph.stats() };
}
const capacitiesOf = (outputs: readonly ProduceOutput[]): CapacityRecord[] =>
  outputs.filter(({ topic }) => topic === 'instantdyno.capacity.v1').map(({ value }) => capacities.decode(value!));
const stateOf = (outputs: readonly ProduceOutput[]): StateRecord[] => [
  ...new Map(
    outputs
      .filter(({ topic }) => topic === 'loadtests.state.v1')
      .map(({ key, value }) => [key!.toString(), { key: key!.toString(), value: value! }]),
  ).values(),
];

test('a tier that nobody may test has capacities by its natural traffic, and a restart goes on from them', () => {
  const { outputs } = run(0, 6_000);
  const found = capacitiesOf(outputs);
  ok(found.length >= 2, `${found.length} records`);
  for (const { outcome, extrapolated, runId, tier, generation, build } of found)
    deepEqual(
      { outcome, extrapolated, runId, tier, generation, build },
      { outcome: 'natural', extrapolated: true, runId: '', tier: 'web', generation: 'NHM', build: 'b1' },
    );
  const last = found.at(-1)!;
  ok((last.hi - last.lo) / 2 / last.lambda100 <= 0.1);
  equal(last.scalability?.hosts, 12);
  ok(outputs.filter(({ key }) => key?.toString() === 'natural web').length < 14, 'the state is kept now and then');

  const state = stateOf(outputs);
  deepEqual(state.map(({ key }) => key).sort(), ['natural web', 'web']);
  const again = run(6_000, 7_300, state);
  const [first] = capacitiesOf(again.outputs);
  ok(Math.abs(first!.lambda100 / last.lambda100 - 1) < 0.03, `${first?.lambda100} ${last.lambda100}`);
  equal(again.stats['state_discarded'], 0);
  deepEqual(capacitiesOf(run(6_000, 7_300).outputs), [], 'without a memory a few minutes say nothing');
});

test('a state that does not check out is counted and begun anew', () => {
  const state = stateOf(run(0, 1_300).outputs).map(({ key, value }) => {
    if (key !== 'natural web') return { key, value };
    const damaged = Buffer.from(value);
    damaged.writeUInt8(damaged.readUInt8(40) ^ 1, 40);
    return { key, value: damaged };
  });
  equal(run(1_300, 1_310, state).stats['state_discarded'], 1);
});
