import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../base/testing/random.ts';
import { AddonDecoder } from './addon-decoder.ts';
import { CompiledDecoder } from './compiled-decoder.ts';
import type { CounterColumns } from './counter-columns.ts';
import { loadAddon } from './load-addon.ts';
import { RandomCounterWriter, randomCounters } from './testing/random-counter-writer.ts';

const addon = loadAddon();
const skip = addon === undefined ? 'the addon is not built: npm run build:native' : false;
const runs = Number(process.env['DYNO_TEST_RUNS'] ?? 80);

const pair = (hostsMax = 200_000) => {
  const limits = { counterIndex: randomCounters, hostsMax };
  const both = [new CompiledDecoder(limits), new AddonDecoder(addon!, limits)] as const;
  return {
    addSchema: (id: number, json: string) => both.map((decoder) => decoder.addSchema(id, json)),
    decode: (values: readonly (Buffer | null)[]) => {
      const [js, native] = both.map((decoder) => contentOf(decoder.decode(values)));
      deepEqual(native, js);
      return native!;
    },
  };
};

/** All that a batch says; deepEqual tells −0 from 0. */
const contentOf = (columns: CounterColumns) => ({
  hosts: [...columns.hosts.subarray(0, columns.count)],
  hostNames: [...columns.hostNames],
  timesMs: [...columns.timesMs.subarray(0, columns.count)],
  intervalsMs: [...columns.intervalsMs.subarray(0, columns.count)],
  columns: columns.columns.map((column) => [...column.subarray(0, columns.count)]),
  app: Array.from({ length: columns.count }, (_, row) => columns.app[row] && [...columns.app[row]]),
  decoded: [...columns.decoded.subarray(0, columns.count)],
  failures: [...columns.failures],
  implausible: columns.implausible,
});

/** The number that avsc says a counter has; NaN = none. Unions are wrapped: `{double: 1}`. */
const numberOf = (value: unknown): number => {
  const inner = typeof value === 'object' && value !== null ? Object.values(value)[0] : value;
  const number = typeof inner === 'boolean' ? Number(inner) : inner;
  return typeof number === 'number' && Number.isFinite(number) ? number : Number.NaN;
};

/** Only counters whose type is a number, or a union of such with null, are compared with avsc by `numberOf`. */
const isNumeric = (schemaJson: string, name: string): boolean => {
  const { fields } = JSON.parse(schemaJson) as { fields: { name: string; type: unknown }[] };
  const type = fields.find((field) => field.name === name)?.type ?? 'none';
  const kinds = Array.isArray(type) ? type : [type];
  return kinds.every((kind) => ['null', 'double', 'float', 'long', 'int', 'boolean'].includes(kind as string));
};

/** Bytes as they arrive when something went wrong: cut, overwritten, with bytes put in or taken out. */
const damaged = (bytes: Buffer, random: Random): Buffer | null => {
  const at = random.between(0, bytes.length);
  switch (random.between(0, 6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([random.between(0, 255)]), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    case 3: {
      const other = Buffer.from(bytes);
      for (let i = random.between(1, 4); i > 0; i--)
        other[random.between(Math.min(5, other.length - 1), other.length - 1)] = random.pick([
          0, 1, 2, 3, 127, 128, 254, 255,
        ]);
      return other;
    }
    case 4:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.alloc(random.between(1, 12), random.pick([0xff, 0x80, 0xfe])),
      ]);
    case 5:
      return random.chance(0.1) ? null : bytes;
    default:
      return Buffer.concat([
        bytes.subarray(0, 5),
        Buffer.from(Array.from({ length: at }, () => random.between(0, 255))),
      ]);
  }
};

/** Zigzag of a count that is not negative. */
const varint = (count: number): Buffer => {
  const bytes: number[] = [];
  let left = count * 2;
  for (; left > 127; left >>= 7) bytes.push((left & 127) | 128);
  return Buffer.from([...bytes, left]);
};

test('addon, JavaScript and avsc read the same numbers from any schema', { skip }, () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 20 }), (seed, count) => {
      const writer = new RandomCounterWriter(seed, 7);
      const decoders = pair();
      decoders.addSchema(7, writer.schemaJson);
      const records = Array.from({ length: count }, () => writer.write());
      const { columns, decoded } = decoders.decode(records.map(({ bytes }) => bytes));
      const compared = [...randomCounters].filter(([name]) => isNumeric(writer.schemaJson, name));
      for (const [row, { bytes }] of records.entries()) {
        // Not decoded are times that are none; all else that a writer wrote must be.
        if (decoded[row] === 0) continue;
        const read = writer.type.fromBuffer(bytes.subarray(5)) as Record<string, unknown>;
        for (const [name, index] of compared) equal(columns[index]![row], numberOf(read[name]), name);
      }
    }),
    { numRuns: runs },
  );
});

test('damaged bytes fail in the same way with both, and never beyond the record', { skip }, () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new Random(seed);
      const writers = [new RandomCounterWriter(seed, 1), new RandomCounterWriter(seed + 1, -2)];
      const decoders = pair(4);
      for (const { schemaId, schemaJson } of writers) decoders.addSchema(schemaId, schemaJson);
      for (let batch = 0; batch < 3; batch++) {
        const values = Array.from({ length: random.between(0, 40) }, () =>
          damaged(random.pick(writers).write().bytes, random),
        );
        decoders.decode(values);
        // The same on one ArrayBuffer, as a fetch brings it: what lies behind a record is another record.
        const whole = Buffer.concat(values.map((value) => value ?? Buffer.alloc(0)));
        let end = 0;
        const within = values.map((value) => {
          const start = end;
          end += value?.length ?? 0;
          return value && whole.subarray(start, end);
        });
        decoders.decode(within);
        // Each on an ArrayBuffer that ends where it ends: under AddressSanitizer a byte too far is found.
        for (const value of values) decoders.decode([value && Buffer.from(new Uint8Array(value).buffer)]);
      }
    }),
    { numRuns: runs },
  );
});

test('host numbers are given, kept and given away alike', { skip }, () => {
  const writer = JSON.stringify({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'host', type: 'bytes' },
      { name: 'time_ms', type: 'int' },
    ],
  });
  const record = (host: Buffer) =>
    Buffer.concat([Buffer.from([0, 0, 0, 0, 1, host.length * 2]), host, Buffer.from([2])]);
  const host = fc.oneof(
    fc.integer({ min: 0, max: 30 }).map((n) => Buffer.from(`h${n}`)),
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(fc.array(host, { maxLength: 12 })), fc.integer({ min: 1, max: 12 }), (batches, hostsMax) => {
      const decoders = pair(hostsMax);
      decoders.addSchema(1, writer);
      for (const hosts of batches) decoders.decode(hosts.map(record));
    }),
    { numRuns: runs },
  );
});

test('application values beyond their bounds are counted alike', { skip }, () => {
  const decoders = pair();
  const map = { type: 'map', values: 'double' };
  const writer = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'host', type: 'string' },
      { name: 'time_ms', type: 'int' },
    ],
  };
  decoders.addSchema(1, JSON.stringify({ ...writer, fields: [...writer.fields, { name: 'app', type: map }] }));
  const head = Buffer.from([0, 0, 0, 0, 1, 2, 0x61, 2]);
  const entry = (name: Buffer) => Buffer.concat([varint(name.length), name, Buffer.alloc(8)]);
  const names = [
    ...Array.from({ length: 300 }, (_, i) => Buffer.from(`n${i}`)),
    Buffer.alloc(0),
    Buffer.alloc(256, 97),
  ];
  const record = Buffer.concat([head, varint(names.length), ...names.map(entry), Buffer.from([0])]);
  const { app, implausible } = decoders.decode([record, record.subarray(0, -1), record]);
  deepEqual([app[0]?.length, app[1], implausible], [256, undefined, 3 * 46]);
});
