import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import fc from 'fast-check';
import { createCounterDecoder } from './counter-decoder.ts';

/** avsc is the second opinion: random schemas and values are decoded by both. */
const counterIndex = new Map(['c0', 'c1', 'c2', 'c3', 'c4', 'c5'].map((name, index) => [name, index]));
const schemaId = 3;

/** A type of a field, a value of it, and what the value is as a counter. */
interface Field {
  readonly type: unknown;
  readonly value: unknown;
  readonly number: number;
}

const numberOf = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN);
const field = (type: unknown, value: unknown, number = numberOf(value)): Field => ({ type, value, number });

const numeric = fc.oneof(
  fc.double().map((value) => field('double', value)),
  fc.float().map((value) => field('float', value)),
  fc.integer().map((value) => field('int', value)),
  // Beyond 2^52 avsc itself loses digits when it writes.
  fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }).map((value) => field('long', value)),
  fc.boolean().map((value) => field('boolean', value, value ? 1 : 0)),
);
const plain = fc.oneof(
  numeric,
  fc.string().map((value) => field('string', value)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => field('bytes', Buffer.from(bytes))),
  fc.constant(field('null', null)),
);
/** avsc does not take unions whose branches it cannot tell apart: number with null or string is what writers use. */
const nullable = fc
  .tuple(numeric, fc.boolean(), fc.boolean())
  .map(([{ type, value, number }, nullFirst, present]) =>
    field(nullFirst ? ['null', type] : [type, 'null'], present ? value : null, present ? number : Number.NaN),
  );
const threeWay = fc
  .tuple(fc.double(), fc.string(), fc.nat(2))
  .map(([number, text, branch]) => field(['string', 'null', 'double'], [text, null, number][branch]));
let names = 0;
const compound = fc.oneof(
  fc.array(plain.filter(({ type }) => type === 'int')).map((items) =>
    field(
      { type: 'array', items: 'int' },
      items.map(({ value }) => value),
    ),
  ),
  fc.dictionary(fc.string(), fc.double()).map((value) => field({ type: 'map', values: 'double' }, value)),
  fc.array(fc.option(fc.string())).map((value) => field({ type: 'array', items: ['null', 'string'] }, value)),
  fc
    .uint8Array({ minLength: 5, maxLength: 5 })
    .map((bytes) => field({ type: 'fixed', name: `F${names++}`, size: 5 }, Buffer.from(bytes))),
  fc
    .constantFrom('red', 'green')
    .map((value) => field({ type: 'enum', name: `E${names++}`, symbols: ['red', 'green'] }, value)),
  fc.tuple(fc.double(), fc.array(fc.array(fc.integer()))).map(([x, grid]) =>
    field(
      {
        type: 'record',
        name: `R${names++}`,
        fields: [
          { name: 'x', type: ['null', 'double'] },
          { name: 'grid', type: { type: 'array', items: { type: 'array', items: 'long' } } },
        ],
      },
      { x, grid },
      Number.NaN,
    ),
  ),
);
const anyField = fc.oneof({ weight: 4, arbitrary: nullable }, plain, threeWay, compound);

const writers = fc
  .record({
    counters: fc.subarray([...counterIndex.keys()]),
    fields: fc.array(anyField, { minLength: 6, maxLength: 6 }),
    extras: fc.array(anyField, { maxLength: 4 }),
    order: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
    host: fc.string({ minLength: 1, maxLength: 30 }),
    timeMs: fc.integer({ min: 1, max: 4e12 }),
    intervalMs: fc.option(fc.double({ noNaN: true })),
    app: fc.option(fc.dictionary(fc.string({ minLength: 1 }), fc.double())),
  })
  .map((made) => {
    const known = made.counters.map((name) => ({ name, ...made.fields[counterIndex.get(name)!]! }));
    const extras = made.extras.map((extra, i) => ({ name: `x${i}`, ...extra }));
    const all: { name: string; type: unknown; value: unknown }[] = [
      { name: 'host', type: 'string', value: made.host },
      { name: 'time_ms', type: 'long', value: made.timeMs },
      { name: 'interval_ms', type: ['null', 'double'], value: made.intervalMs },
      { name: 'app', type: ['null', { type: 'map', values: 'double' }], value: made.app },
      ...known,
      ...extras,
    ];
    const ranks = new Map(all.map(({ name }) => [name, made.order.next().value as number]));
    const ordered = all.sort((a, b) => ranks.get(a.name)! - ranks.get(b.name)!);
    const schema = { type: 'record', name: 'W', fields: ordered.map(({ name, type }) => ({ name, type })) };
    const record = Object.fromEntries(ordered.map(({ name, value }) => [name, value]));
    return { ...made, known, schema, record };
  });
type Writer = typeof writers extends fc.Arbitrary<infer T> ? T : never;

const encode = ({ schema, record }: Writer): Buffer => {
  const type = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: false });
  const prefix = Buffer.from([0, 0, 0, 0, schemaId]);
  return Buffer.concat([prefix, type.toBuffer(record)]);
};
const decoderOf = ({ schema }: Writer) => {
  const decoder = createCounterDecoder({ counterIndex });
  decoder.addSchema(schemaId, JSON.stringify(schema));
  return decoder;
};

test('any writer schema with its fields in any order is read as avsc wrote it', () => {
  fc.assert(
    fc.property(writers, (writer) => {
      const value = encode(writer);
      // As it is fetched: in the middle of other records.
      const batch = Buffer.concat([Buffer.alloc(7, 0xff), value, Buffer.alloc(9, 0xff)]);
      const columns = decoderOf(writer).decode([batch.subarray(7, 7 + value.length)]);
      deepEqual([...columns.failures], []);
      equal(columns.hostNames[columns.hosts[0]!], Buffer.from(writer.host).toString());
      equal(columns.timesMs[0], writer.timeMs);
      equal(columns.intervalsMs[0], writer.intervalMs ?? Number.NaN);
      for (const [name, index] of counterIndex) {
        const expected = writer.known.find((field) => field.name === name)?.number ?? Number.NaN;
        equal(columns.columns[index]![0], expected, name);
      }
      const app = Object.entries(writer.app ?? {}).filter(([, number]) => Number.isFinite(number));
      deepEqual(new Map(columns.app[0]), new Map(app.filter(([name]) => Buffer.byteLength(name) <= 255)));
    }),
    { numRuns: 100 },
  );
});

test('whatever happens to its bytes, a record fails or decodes within its bounds, and its neighbour is untouched', () => {
  const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(writers, damage, fc.option(fc.nat(400)), (writer, changes, cutAt) => {
      const good = encode(writer);
      const broken = Buffer.from(good);
      for (const [at, byte] of changes) if (at < broken.length) broken[at] = byte;
      const cut = cutAt === null ? broken : broken.subarray(0, cutAt);
      const columns = decoderOf(writer).decode([good, cut, good]);
      deepEqual([columns.decoded[0], columns.decoded[2]], [1, 1]);
      equal(columns.decoded[1] === 1, !columns.failures.has(1));
      for (const column of columns.columns) equal(column[0], column[2]);
      if (columns.decoded[1] === 0) for (const column of columns.columns) equal(column[1], Number.NaN);
    }),
    { numRuns: 150 },
  );
});

test('a record that is cut anywhere is a failure, whatever lies behind it in memory', () => {
  fc.assert(
    fc.property(writers, fc.double({ min: 0, max: 0.999, noNaN: true }), (writer, share) => {
      const value = encode(writer);
      const columns = decoderOf(writer).decode([value.subarray(0, Math.floor(share * value.length))]);
      equal(columns.decoded[0], 0);
    }),
    { numRuns: 100 },
  );
});

test('random bytes behind a good prefix never throw', () => {
  const bytes = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(writers, fc.array(bytes, { maxLength: 5 }), (writer, values) => {
      const prefix = Buffer.from([0, 0, 0, 0, schemaId]);
      const columns = decoderOf(writer).decode(values.map((value) => Buffer.concat([prefix, value])));
      ok(columns.count === values.length);
    }),
    { numRuns: 100 },
  );
});

test('a long of 64 bits is the nearest double', () => {
  const writer = {
    type: 'record',
    name: 'W',
    fields: [
      { name: 'c0', type: 'long' },
      { name: 'host', type: 'string' },
      { name: 'time_ms', type: 'long' },
    ],
  };
  const decoder = createCounterDecoder({ counterIndex });
  decoder.addSchema(schemaId, JSON.stringify(writer));
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (long) => {
      const value = Buffer.from([0, 0, 0, 0, schemaId, ...varint(long), 2, 0x68, 2]);
      equal(decoder.decode([value]).columns[0]![0], Number(long));
    }),
  );
});

function varint(long: bigint): number[] {
  let rest = BigInt.asUintN(64, (long << 1n) ^ (long >> 63n));
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}
