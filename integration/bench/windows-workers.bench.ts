import { availableParallelism } from 'node:os';
import { rounded } from './alternate.ts';
import type { Bench, BenchResult } from './bench.ts';
import type { Measured } from './measured-child.ts';
import { median } from './quantile.ts';
import { startCluster } from './world/cluster.ts';
import { fillInBatches, pastMs } from './world/fill-counters.ts';
import { runWorkerGroup } from './world/worker-group.ts';

/** Long enough that each of two workers has compiled its code in the first half: only the second one is measured. */
const shape = { hosts: 5_000, partitions: 4, seconds: 400 };

/** CPU per record says what a second worker costs; throughput says it only where cores are free for it and the broker. */
export const bench: Bench = {
  name: 'windows-workers',
  summary: 'two workers of the windows stage against one: records a second, and CPU time a record',
  run: async ({ runs, scale, say }) => {
    const cluster = await startCluster({ ...shape, say });
    try {
      const seconds = Math.max(200, Math.round(shape.seconds * scale));
      const schemaId = cluster.schemaIds.get('dyno.counters.v1')!;
      say(`filling the topic: ${shape.hosts} hosts × ${seconds} s`);
      const options = { ...shape, seconds, schemaId, startMs: pastMs(seconds) };
      const { records } = await fillInBatches(cluster.log, options, 2_000);
      const pairs: { one: Measured; two: Measured }[] = [];
      let epoch = 0;
      for (let run = 1; run <= runs; run++) {
        const group = (workers: number) =>
          runWorkerGroup(cluster, { workers, epoch: ++epoch, records, warmRecords: Math.floor(records / 2) });
        const pair = { two: await group(2), one: await group(1) };
        pairs.push(pair);
        const words = `throughput × ${rounded(perWall(pair.two) / perWall(pair.one))}`;
        say(
          `windows-workers run ${run}: ${words}, CPU a record × ${rounded(perRecord(pair.two) / perRecord(pair.one))}`,
        );
      }
      return resultsOf(pairs);
    } finally {
      await cluster.close();
    }
  },
};

const perWall = ({ count, wallS }: Measured): number => count / wallS;
const perRecord = ({ count, cpuS }: Measured): number => (1e6 * cpuS) / count;

function resultsOf(pairs: readonly { one: Measured; two: Measured }[]): BenchResult[] {
  const cpu_s = rounded(pairs.reduce((sum, { two }) => sum + two.cpuS, 0));
  const wall_s = rounded(pairs.reduce((sum, { two }) => sum + two.wallS, 0));
  const line = (unit: string, of: (measured: Measured) => number) => {
    const ratios = pairs.map(({ one, two }) => of(two) / of(one));
    return {
      bench: 'windows-workers',
      value: rounded(median(pairs.map(({ two }) => of(two)))),
      unit,
      baseline: rounded(median(pairs.map(({ one }) => of(one)))),
      ratio: rounded(median(ratios)),
      cpu_s,
      wall_s,
      facts: {
        cores: availableParallelism(),
        ratio_min: rounded(Math.min(...ratios)),
        ratio_max: rounded(Math.max(...ratios)),
      },
    };
  };
  const throughput = line('records/s', perWall);
  const cost = line('CPU-µs/record', perRecord);
  return [
    { ...throughput, required: 'ratio >= 1.8 where cores allow', holds: throughput.ratio >= 1.8 },
    { ...cost, required: 'ratio <= 1.1', holds: cost.ratio <= 1.1 },
  ];
}
