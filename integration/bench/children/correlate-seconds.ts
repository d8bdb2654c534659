import { Random } from '../../../base/testing/random.ts';
import { instantdynoStage } from '../../../pipelines/instantdyno.ts';
import { startGraph } from '../../../pipelines/runtime/graph-run.ts';
import { blockCodec, encodeBlockMessage } from '../../../schemas/block-codec.ts';
import type { TierSecondsBlock, WindowMarker } from '../../../schemas/blocks.ts';
import { answerAndExit, childOptions, Meter } from './meter.ts';

/** Seconds of tiers of one host each through the graph of `instantdyno`, blocks decoded and encoded; measured with full windows. */
interface Options {
  readonly tiers: number;
  /** After the hour that fills the windows. */
  readonly seconds: number;
}

const { tiers, seconds } = childOptions<Options>();
const fillSeconds = 3_600;
const startMs = 1_699_999_200_000;
const schemaId = 1;
const metrics = Array.from({ length: 16 }, (_, metric) => `metric_${metric}`);
const input = blockCodec('tier-seconds');
input.addSchema(schemaId, input.schemaJson);

const random = new Random(1);
/** Each metric of each tier remembers its last value, and follows the first metric a little. */
const levels = new Float64Array(metrics.length * tiers);
const run = startGraph(stageGraph());
const meter = new Meter(fillSeconds * tiers);
for (let second = 1; second <= fillSeconds + seconds; second++) {
  push(second);
  meter.done(second * tiers);
}
answerAndExit(meter.measured({ tiers, metrics: metrics.length }));

function stageGraph() {
  const stage = instantdynoStage({
    ensureSchemas: () => Promise.resolve(),
    decode: (value) => input.decode(value),
    encode: (_, message) => encodeBlockMessage(message, schemaId),
    metrics,
    metricPairs: [
      ['metric_0', 'metric_1'],
      ['metric_0', 'metric_2'],
    ],
  });
  return stage.graph({
    identity: { stage: stage.name, epoch: 1, partition: 0, topics: stage.inputs },
    restored: [],
    stateRecords: [],
    partitionsOf: () => 1,
  });
}

function push(second: number): void {
  const values = [secondOf(second), closedThrough(second)].map((message) => encodeBlockMessage(message, schemaId));
  run.push({
    topic: 'dyno.tier-seconds.v1',
    partition: 0,
    count: values.length,
    offsets: Float64Array.from(values, (_, i) => 2 * second + i),
    appendTimesMs: Float64Array.from(values, () => startMs + second * 1_000),
    keys: values.map(() => null),
    values,
    headers: values.map(() => undefined),
    nextOffset: 2 * second + 2,
    endOffset: 2 * second + 2,
    replayed: false,
  });
}

function secondOf(second: number): TierSecondsBlock {
  for (let i = 0; i < levels.length; i++) {
    const noise = random.next() + random.next() - 1;
    levels[i] = 0.8 * levels[i]! + noise + (i < tiers ? 0 : 0.1 * levels[i % tiers]!);
  }
  const host = { generation: '', service: 'www', region: 'snc', serverType: 'I', build: '', pool: '', server: '' };
  return {
    ...headOf(),
    kind: 'tier-seconds',
    windowEndMs: startMs + second * 1_000,
    part: 0,
    parts: 1,
    hosts: Array.from({ length: tiers }, (_, tier) => ({ ...host, host: `host-${tier}`, tier: `tier-${tier}` })),
    metrics,
    values: levels.map((level) => 100 + level),
  };
}

function closedThrough(second: number): WindowMarker {
  return { ...headOf(), kind: 'marker', closedThroughMs: startMs + second * 1_000 };
}

function headOf() {
  return { source: 0, sources: 1, epoch: 1, windowMs: 1_000 };
}
