import { alternate } from './alternate.ts';
import type { Bench, BenchContext, BenchResult } from './bench.ts';
import { measuredChild } from './measured-child.ts';
import { type Cluster, startCluster } from './world/cluster.ts';
import { type Filled, type FillOptions, fillInBatches, fillOneByOne, pastMs } from './world/fill-counters.ts';

interface Shape {
  readonly bench: string;
  readonly hosts: number;
  readonly seconds: number;
  readonly partitions: number;
  readonly atLeast?: number;
  readonly fill: (cluster: Cluster, options: FillOptions) => Promise<Filled>;
}

const inBatches = (cluster: Cluster, options: FillOptions) => fillInBatches(cluster.log, options, 2_000);
const oneByOne = (cluster: Cluster, options: FillOptions) => fillOneByOne(cluster.bootstrap, options);
const shape = { hosts: 5_000, seconds: 200, partitions: 4 };

const shapes = {
  'windows-kafka': [
    { ...shape, bench: 'windows-kafka', atLeast: 0.65, fill: inBatches },
    { ...shape, bench: 'windows-kafka', partitions: 24, hosts: 10_000, seconds: 100, fill: inBatches },
  ],
  'windows-kafka-single': [{ ...shape, bench: 'windows-kafka-single', seconds: 100, atLeast: 0.8, fill: oneByOne }],
} satisfies Record<string, Shape[]>;

export const benches: readonly Bench[] = [
  {
    name: 'windows-kafka',
    summary:
      'the windows stage on a real Kafka with all outputs against bare kafkajs consumption, producer batches of 2,000',
    run: (context) => inTurn(shapes['windows-kafka'], context),
  },
  {
    name: 'windows-kafka-single',
    summary: 'the same with producer batches of one record, as agents write',
    run: (context) => inTurn(shapes['windows-kafka-single'], context),
  },
];

async function inTurn(all: readonly Shape[], context: BenchContext): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const one of all) results.push(await measure(one, context));
  return results;
}

async function measure(shape: Shape, context: BenchContext): Promise<BenchResult> {
  const { hosts, partitions } = shape;
  const seconds = Math.max(30, Math.round(shape.seconds * context.scale));
  const cluster = await startCluster({ partitions, hosts, say: context.say });
  try {
    const schemaId = cluster.schemaIds.get('dyno.counters.v1')!;
    context.say(`filling the topic: ${hosts} hosts × ${seconds} s`);
    const filled = await shape.fill(cluster, { hosts, seconds, partitions, schemaId, startMs: pastMs(seconds) });
    const records = { records: filled.records, warmRecords: Math.floor(filled.records / 2) };
    let run = 0;
    const ours = () => {
      const options = { ...records, epoch: ++run, dataDir: cluster.folder };
      return measuredChild({ child: 'run-windows', options, env: cluster.env });
    };
    const baseline = () => {
      const { bootstrap } = cluster;
      const options = { ...records, bootstrap, partitions, topic: 'dyno.counters.v1', group: `bare-${++run}` };
      return measuredChild({ child: 'consume-bare', options });
    };
    const facts = { partitions, hosts, record_bytes: Math.round(filled.valueBytes / filled.records) };
    const unit = 'records/CPU-s';
    const { bench, atLeast } = shape;
    return await alternate(
      { bench, unit, ours, baseline, facts, ...(atLeast === undefined ? {} : { atLeast }) },
      context,
    );
  } finally {
    await cluster.close();
  }
}
