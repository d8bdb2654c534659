import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CounterDefinition } from './counter.ts';
import { encodeHostCounters, type HostCounters, hostCountersCodec } from './host-counters-codec.ts';

const counter = (name: string): CounterDefinition => ({
  name,
  category: 'cpu',
  unit: 'ratio',
  kind: 'ratio',
  aggregation: 'mean',
  summary: `The ${name}.`,
  source: '/proc/stat',
});
const catalogue = ['cpu_busy_ratio', 'load1', 'instructions_per_s'].map(counter);
const sample: HostCounters = {
  host: 'web1',
  timeMs: 1_700_000_000_000,
  intervalMs: 1_000.25,
  sequence: 41,
  values: Float64Array.of(0.25, 1.5, Number.NaN),
  app: new Map([['cache_hits', 12]]),
};

test('a sample comes back, a missing value as NaN', () => {
  const codec = hostCountersCodec(catalogue);
  codec.addSchema(3, codec.schemaJson);
  deepEqual(codec.decode(encodeHostCounters(sample, 3)), sample);
});

test('the fast encoder writes the bytes that avsc writes', () => {
  const codec = hostCountersCodec(catalogue);
  const values = fc.float64Array({ minLength: 3, maxLength: 3 });
  const app = fc.array(fc.tuple(fc.string(), fc.double()), { maxLength: 3 });
  const time = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
  fc.assert(
    fc.property(fc.string(), time, fc.nat(), values, app, (host, timeMs, sequence, numbers, entries) => {
      // An object keeps number-like names first; the order of a map's entries is free, so it is the same for both.
      const record = Object.fromEntries(entries.filter(([name]) => name !== '__proto__'));
      const any = { host, timeMs, intervalMs: 1, sequence, values: numbers, app: new Map(Object.entries(record)) };
      equal(encodeHostCounters(any, 3).toString('hex'), codec.encode(any, 3).toString('hex'));
    }),
  );
});

test('a reader of a larger catalogue sees no value for the counter that the writer did not know', () => {
  const reader = hostCountersCodec([...catalogue, counter('cpu_steal_ratio')]);
  reader.addSchema(3, hostCountersCodec(catalogue).schemaJson);
  deepEqual(reader.decode(encodeHostCounters(sample, 3)).values, Float64Array.of(0.25, 1.5, Number.NaN, Number.NaN));
});

test('a reader of a smaller catalogue passes over the counters that it does not know', () => {
  const reader = hostCountersCodec(catalogue.slice(0, 2));
  reader.addSchema(3, hostCountersCodec(catalogue).schemaJson);
  deepEqual(reader.decode(encodeHostCounters(sample, 3)).values, Float64Array.of(0.25, 1.5));
});
