import { createCounterDecoder } from '../../../native/counter-decoder.ts';
import type { CounterDefinition } from '../../../schemas/counter.ts';
import { hostCountersSchema } from '../../../schemas/host-counters.ts';
import { encodeHostCounters } from '../../../schemas/host-counters-codec.ts';
import { aggregationPlan } from '../aggregation-plan.ts';
import { type CountedBatch, PartitionWindows, type PartitionWindowsOptions } from '../partition-windows.ts';
import { metricSources } from '../second-window.ts';
import type { WindowEvent } from '../window-events.ts';

/** One record of a partition in a test. Times in seconds after `startS`; a number as event = data, else as it says. */
export interface TestRecord {
  readonly appendS: number;
  readonly host?: string;
  readonly eventS?: number;
  /** Values of the four counters below; default: 1 for each. */
  readonly values?: readonly number[];
  readonly app?: ReadonlyMap<string, number>;
  readonly kind?: 'tick' | 'garbage';
}

export const startS = 1_700_000_000;

const counter = (name: string, aggregation: CounterDefinition['aggregation']): CounterDefinition => ({
  name,
  category: 'cpu',
  unit: 'ratio',
  kind: 'gauge',
  aggregation,
  summary: `A ${aggregation}.`,
  source: 'test',
});
/** A small catalogue with every aggregation. */
export const testCatalogue = (['mean', 'sum', 'min', 'max', 'last'] as const).map((aggregation) =>
  counter(`a_${aggregation}`, aggregation),
);
const counterIndex = new Map(testCatalogue.map(({ name }, index) => [name, index]));
export const testMetrics = ['a_mean', 'hits_per_s'] as const;
const schemaId = 7;

export type TestBatch = CountedBatch;

/** Encodes records as a batch that starts at this offset, as they would be fetched. */
export function batchOf(records: readonly TestRecord[], firstOffset = 0, replayed = false): TestBatch {
  return {
    count: records.length,
    offsets: Float64Array.from(records, (_, i) => firstOffset + i),
    appendTimesMs: Float64Array.from(records, ({ appendS }) => Math.round((startS + appendS) * 1_000)),
    values: records.map(valueBytes),
    headers: records.map(({ kind }) => (kind === 'tick' ? { 'dyno-kind': Buffer.from('tick') } : undefined)),
    nextOffset: firstOffset + records.length,
    replayed,
  };
}

function valueBytes({ kind, host = 'a', eventS = 0, values = [1, 1, 1, 1, 1], app }: TestRecord): Buffer | null {
  if (kind === 'tick') return null;
  if (kind === 'garbage') return Buffer.from([0, 0, 0, 0, schemaId, 1]);
  const timeMs = Math.round((startS + eventS) * 1_000);
  const sample = { host, timeMs, intervalMs: 1_000, sequence: 0, values: Float64Array.from(values) };
  return encodeHostCounters(app === undefined ? sample : { ...sample, app }, schemaId);
}

const plan = aggregationPlan(testCatalogue);

/** Windows of one partition with a decoder of their own; `push` answers what came out, in words. */
export class TestWindows {
  readonly windows: PartitionWindows<TestBatch>;
  readonly #decoder = createCounterDecoder({ counterIndex });

  constructor(options: Partial<PartitionWindowsOptions> = {}) {
    this.windows = new PartitionWindows({ plan, metrics: metricSources(testMetrics, counterIndex), ...options });
    this.#decoder.addSchema(schemaId, hostCountersSchema(testCatalogue));
  }

  push(batch: TestBatch): string[] {
    const out: string[] = [];
    const columns = this.#decoder.decode(batch.values as (Buffer | null)[]);
    this.windows.push(batch, columns, (event) => out.push(inWords(event)));
    return out;
  }
}

/** Every bit of an event as text: hosts with their values, in the order of the event. */
export function inWords(event: WindowEvent<TestBatch>): string {
  const at = (ms: number) => ms / 1_000 - startS;
  if (event.kind === 'rejected') return `${event.class} ${event.reason}`;
  if (event.kind === 'closed-through') return `${event.windowMs / 1_000} s through ${at(event.closedThroughMs)}`;
  const hosts = event.hosts.map((host, i) => {
    const row = event.rows[i]!;
    if (event.kind === 'second')
      return `${host} ${testMetrics.map((_, m) => event.values[row * testMetrics.length + m]).join(' ')}`;
    const values = testCatalogue.map((_, c) => {
      const cell = row * testCatalogue.length + c;
      const count = event.samples[cell]!;
      return count === 0 ? '-' : `${event.accumulators[cell]! / (plan.isMean[c] === 1 ? count : 1)}/${count}`;
    });
    const app = [...(event.appOf(row) ?? [])].map(([name, mean]) => ` ${name}=${mean}`).join('');
    return `${host} ${values.join(' ')}${app}`;
  });
  return `${event.kind} ${at(event.endMs)}: ${hosts.join(', ')}`;
}
