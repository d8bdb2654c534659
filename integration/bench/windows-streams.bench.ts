import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { alternate } from './alternate.ts';
import type { Bench } from './bench.ts';
import { measuredChild } from './measured-child.ts';
import { compareRows } from './peers/compare-rows.ts';
import { buildKafkaStreamsPeer, runKafkaStreamsPeer } from './peers/kafka-streams-peer.ts';
import { startCluster } from './world/cluster.ts';
import { fillInBatches, pastMs } from './world/fill-counters.ts';

const shape = { hosts: 5_000, partitions: 4 };

/** Kafka Streams 4.1 does less here than the stage: no 1-s windows, no join, no output topics, no transactions. */
export const bench: Bench = {
  name: 'windows-streams',
  summary: 'the windows stage against Kafka Streams on the same topic, rows compared before speeds',
  run: async (context) => {
    const built = await buildKafkaStreamsPeer(context.say);
    const cluster = await startCluster({ ...shape, say: context.say });
    try {
      const { log, bootstrap, folder } = cluster;
      const seconds = Math.max(50, Math.round(200 * context.scale));
      const schemaId = cluster.schemaIds.get('dyno.counters.v1')!;
      context.say(`filling the topic: ${shape.hosts} hosts × ${seconds} s`);
      const { records } = await fillInBatches(log, { ...shape, seconds, schemaId, startMs: pastMs(seconds) }, 2_000);
      const work = { records, warmRecords: Math.floor(records / 2) };
      let run = 0;
      const ours = () =>
        measuredChild({
          child: 'run-windows',
          options: { ...work, epoch: ++run, dataDir: folder },
          env: cluster.env,
        });
      const theirs = (rowsFile?: string) =>
        runKafkaStreamsPeer(built, {
          ...work,
          bootstrap,
          application: `peer-${++run}`,
          folder,
          ...(rowsFile !== undefined && { rowsFile }),
        });
      await ours();
      const rowsFile = join(folder, 'rows');
      await theirs(rowsFile);
      const hostWindows = cluster.schemaIds.get('dyno.host-windows.v1')!;
      const { rows, values, distanceMax } = await compareRows(log, {
        epoch: 1,
        partitions: shape.partitions,
        schemaId: hostWindows,
        rowsFile,
      });
      rmSync(rowsFile);
      context.say(`${rows} rows with ${values} values are the same, means within ${distanceMax} of each other`);
      const facts = { ...shape, rows_compared: rows, values_compared: values, mean_distance_max: distanceMax };
      const alternation = { bench: 'windows-streams', unit: 'records/CPU-s', facts, atLeast: 3 };
      return [await alternate({ ...alternation, ours, baseline: () => theirs() }, context)];
    } finally {
      await cluster.close();
    }
  },
};
