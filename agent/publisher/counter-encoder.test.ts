import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../base/errors.ts';
import type { CounterDefinition } from '../../schemas/counter.ts';
import { hostCountersCodec } from '../../schemas/host-counters-codec.ts';
import type { HostSample } from '../sample.ts';
import { CounterEncoder, writeSchemaId } from './counter-encoder.ts';

const catalogue = ['a_ratio', 'b_ms', 'c_count'].map(
  (name): CounterDefinition => ({
    name,
    category: 'cpu',
    unit: 'ratio',
    kind: 'gauge',
    aggregation: 'mean',
    summary: `The ${name}.`,
    source: '/proc/stat',
  }),
);
const encoder = new CounterEncoder({ counterCount: catalogue.length });
const codec = hostCountersCodec(catalogue);
codec.addSchema(7, codec.schemaJson);

const sample = (over: Partial<HostSample> = {}): HostSample => ({
  host: 'web12222.snc2',
  timeMs: 1_700_000_001_000,
  intervalMs: 1_000.5,
  sequence: 3,
  values: Float64Array.of(0.25, Number.NaN, -1),
  ...over,
});

test('an independent decoder reads back any sample', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  const values = fc.array(fc.option(finite, { nil: Number.NaN }), { minLength: 3, maxLength: 3 });
  // Names without `__proto__`, which the decoder's plain objects cannot hold.
  const app = fc.dictionary(
    fc.string().filter((name) => !name.startsWith('__')),
    finite,
    { maxKeys: 4 },
  );
  const time = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }),
      time,
      finite,
      fc.nat(),
      values,
      app,
      (host, timeMs, intervalMs, sequence, of, names) => {
        const written = { host, timeMs, intervalMs, sequence, values: Float64Array.from(of) };
        const app = new Map(Object.entries(names));
        const expected = app.size > 0 ? { ...written, app } : written;
        deepEqual(codec.decode(encoder.encode({ ...written, app }, 7)), expected);
      },
    ),
  );
});

test('NaN and infinite values are written as null', () => {
  const values = Float64Array.of(Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY);
  const bytes = encoder.encode(sample({ values }), 7);
  deepEqual(codec.decode(bytes).values, new Float64Array(3).fill(Number.NaN));
});

test('the schema id stands in bytes 1 to 4 and can be put in later', () => {
  const early = encoder.encode(sample(), -1);
  writeSchemaId(early, 7);
  equal(early.toString('hex', 0, 5), '0000000007');
  deepEqual(early, encoder.encode(sample(), 7));
});

test('what was encoded before is not overwritten by the next sample', () => {
  const first = encoder.encode(sample({ host: 'first' }), 7);
  encoder.encode(sample({ host: 'other' }), 7);
  equal(codec.decode(first).host, 'first');
});

const bad: [says: string, sample: HostSample][] = [
  ['a wrong number of values', sample({ values: new Float64Array(2) })],
  ['no host', sample({ host: '' })],
  ['half a millisecond', sample({ timeMs: 0.5 })],
  ['a time that is not a number', sample({ timeMs: Number.NaN })],
];
for (const [says, broken] of bad)
  test(`${says} is refused with its code`, () => {
    throws(
      () => encoder.encode(broken, 7),
      (error) => hasCode(error, 'DYNO_AGENT_SAMPLE_UNENCODABLE'),
    );
  });
