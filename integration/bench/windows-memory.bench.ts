import { rounded } from './alternate.ts';
import type { Bench } from './bench.ts';
import { measuredChild } from './measured-child.ts';
import { startCluster } from './world/cluster.ts';
import { fillInBatches, pastMs } from './world/fill-counters.ts';

const shape = { hosts: 10_000, partitions: 24, seconds: 60 };
const rssMbMax = 400;

/** One process owns every partition of a fleet of 10,000 and reads as fast as it can: the most it ever holds. */
export const bench: Bench = {
  name: 'windows-memory',
  summary: `memory of one windows process with ${shape.hosts} hosts`,
  run: async ({ say, scale }) => {
    const cluster = await startCluster({ ...shape, say });
    try {
      const seconds = Math.max(30, Math.round(shape.seconds * scale));
      const schemaId = cluster.schemaIds.get('dyno.counters.v1')!;
      say(`filling the topic: ${shape.hosts} hosts × ${seconds} s`);
      const options = { ...shape, seconds, schemaId, startMs: pastMs(seconds) };
      const { records } = await fillInBatches(cluster.log, options, 2_000);
      const { env, folder: dataDir } = cluster;
      const work = { records, warmRecords: 1, epoch: 1, dataDir };
      const { rssMb, cpuS, wallS, facts } = await measuredChild({ child: 'run-windows', options: work, env });
      return [
        {
          bench: 'windows-memory',
          value: rounded(rssMb!),
          unit: 'MB RSS at most',
          baseline: undefined,
          ratio: undefined,
          cpu_s: rounded(cpuS),
          wall_s: rounded(wallS),
          required: `<= ${rssMbMax}`,
          holds: rssMb! <= rssMbMax,
          facts: { ...shape, seconds, ...facts },
        },
      ];
    } finally {
      await cluster.close();
    }
  },
};
