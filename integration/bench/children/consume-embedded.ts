import { join } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import { openEmbeddedLog } from '../../../log/embedded/open-embedded-log.ts';
import { answerAndExit, childOptions, Meter } from './meter.ts';

/** The baseline: the embedded log is read from its beginning by a subscription that only counts. */
interface Options {
  readonly dataDir: string;
  readonly group: string;
  readonly records: number;
  readonly warmRecords: number;
}

const options = childOptions<Options>();
const log = await openEmbeddedLog({ dir: join(options.dataDir, 'log'), clock: systemClock });
const meter = new Meter(options.warmRecords);
let count = 0;
const subscription = await log.subscribe(
  { group: options.group, topics: ['dyno.counters.v1'], assignment: 'copartitioned' },
  {
    onAssigned: (assigned) => {
      setImmediate(() => {
        for (const partition of assigned) subscription.seek(partition, 0);
        subscription.resume(assigned);
      });
    },
    onBatch: async (batch) => {
      count += batch.count;
      meter.done(count);
      if (count < options.records) return;
      const measured = meter.measured();
      setImmediate(() => void log.close().then(() => answerAndExit(measured)));
    },
    onDead: (error) => {
      throw error;
    },
  },
);
