import type { CounterDefinition } from './counter.ts';
import { counters } from './counters.ts';

/** Avro record of `dyno.counters.v1`, JSON: head, then one nullable double per counter in the catalogue's order, then `app`. */
export function hostCountersSchema(catalogue: readonly CounterDefinition[] = counters): string {
  return JSON.stringify({
    type: 'record',
    name: 'HostCounters',
    namespace: 'dyno.v1',
    doc: 'What one host says of one second: rates and gauges over (time − interval, time].',
    fields: [
      { name: 'host', type: 'string', doc: 'Name of the host.' },
      { name: 'time_ms', type: 'long', doc: 'Second at which the counters were read, ms since 1970.', unit: 'ms' },
      { name: 'interval_ms', type: 'double', doc: 'Real elapsed time since the reading before.', unit: 'ms' },
      { name: 'sequence', type: 'long', doc: 'Samples of this agent since its start; a hole is a missed second.' },
      ...catalogue.map(counterField),
      {
        name: 'app',
        type: { type: 'map', values: 'double' },
        default: {},
        doc: 'Application values outside the catalogue, by name.',
      },
    ],
  });
}

const counterField = (counter: CounterDefinition) => ({
  name: counter.name,
  type: ['null', 'double'],
  default: null,
  doc: counter.summary,
  unit: counter.unit,
});
