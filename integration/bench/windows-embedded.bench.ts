import { alternate } from './alternate.ts';
import type { Bench } from './bench.ts';
import { measuredChild } from './measured-child.ts';
import { embeddedWorld } from './world/embedded-world.ts';
import { pastMs } from './world/fill-counters.ts';

/** Small enough that the outputs of all runs stay below what the embedded log keeps. */
const shape = { hosts: 2_000, seconds: 50, partitions: 4 };

export const bench: Bench = {
  name: 'windows-embedded',
  summary: 'the windows stage on the embedded log with all outputs against reading the same log',
  run: async (context) => {
    context.say(`filling the embedded log: ${shape.hosts} hosts × ${shape.seconds} s`);
    const world = await embeddedWorld({ ...shape, startMs: pastMs(shape.seconds) });
    try {
      const { dataDir, records } = world;
      const work = { records, warmRecords: Math.floor(records / 4), dataDir };
      let run = 0;
      const env = { KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '' };
      const ours = () => measuredChild({ child: 'run-windows', options: { ...work, epoch: ++run }, env });
      const baseline = () => measuredChild({ child: 'consume-embedded', options: { ...work, group: `bare-${++run}` } });
      const alternation = { bench: 'windows-embedded', unit: 'records/CPU-s', facts: shape };
      return [await alternate({ ...alternation, ours, baseline }, context)];
    } finally {
      world.remove();
    }
  },
};
