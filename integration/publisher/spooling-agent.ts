import { startPublisher } from '../../agent/publisher/publisher.ts';
import { systemClock } from '../../base/clock.ts';
import { counters } from '../../schemas/counters.ts';
import { hostCountersSchema } from '../../schemas/host-counters.ts';

/**
 * A process of its own, to be killed: publishes one sample after the other while the log is away, and prints the number
 * of each one once `publish` has returned. `node spooling-agent.js FOLDER FIRST`.
 */
const [folder, first] = process.argv.slice(2);
const publisher = await startPublisher({
  name: 'agent',
  producer: async () => {
    throw new Error('the log is away');
  },
  registryUrl: 'http://127.0.0.1:1',
  spoolDir: folder ?? '',
  spoolBytesMax: 100_000_000,
  counters: {
    topic: 'dyno.counters.v1',
    partitions: 1,
    schemaJson: hostCountersSchema(),
    counterCount: counters.length,
  },
  systemInfo: { topic: 'dyno.systeminfo.v1', partitions: 1, schemaJson: '"string"' },
  onEvent: () => {},
  clock: systemClock,
});
const values = new Float64Array(counters.length);
for (let sequence = Number(first); ; sequence++) {
  publisher.publish([{ host: 'a', timeMs: 1_700_000_000_000 + sequence * 1_000, intervalMs: 1_000, sequence, values }]);
  process.stdout.write(`${sequence}\n`);
  if (sequence % 50 === 0) await new Promise(setImmediate);
}
