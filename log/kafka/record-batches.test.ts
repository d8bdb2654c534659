import { deepEqual, equal } from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FetchedRecords } from './fetched-records.ts';
import { columnsOf, type KafkajsRecord } from './kafkajs-records.ts';
import { decodeRecordBatches } from './record-batches.ts';

/** kafkajs's own encoder and decoder are the second opinion. */
const inside = <T>(file: string): T =>
  createRequire(import.meta.url)(`kafkajs/src/protocol/recordBatch/${file}.js`) as T;
const kafkajs = <T>(file: string): T => createRequire(import.meta.url)(`kafkajs/src/${file}.js`) as T;
const { RecordBatch } = inside<{ RecordBatch(batch: object): Promise<{ buffer: Buffer }> }>('v0/index');
const recordOf = inside<(record: object) => unknown>('record/v0/index');
const decodeBatch = inside<(decoder: object) => Promise<{ records: readonly KafkajsRecord[] }>>('v0/decoder');
const Decoder = kafkajs<new (bytes: Buffer) => object>('protocol/decoder');
const Long = kafkajs<{ fromValue(value: string): unknown }>('utils/long');

interface Batch {
  readonly firstOffset: number;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly transactional: boolean;
  readonly appendTime: boolean;
  readonly control: boolean;
  readonly records: readonly {
    readonly timestampDelta: number;
    readonly key: Uint8Array | null;
    readonly value: Uint8Array | null;
    readonly headers: readonly (readonly [string, Uint8Array])[];
  }[];
}

const bytes = fc.uint8Array({ maxLength: 300 });
const moment = fc.integer({ min: 0, max: 2 ** 45 });
const batches: fc.Arbitrary<Batch> = fc.record({
  firstOffset: fc.integer({ min: 0, max: 2 ** 50 }),
  firstTimestamp: moment,
  maxTimestamp: moment,
  producerId: fc.integer({ min: -1, max: 2 ** 40 }),
  transactional: fc.boolean(),
  appendTime: fc.boolean(),
  control: fc.boolean(),
  records: fc.array(
    fc.record({
      timestampDelta: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
      key: fc.option(bytes),
      value: fc.option(bytes),
      headers: fc.array(fc.tuple(fc.constantFrom('a', 'dyno-kind', 'ü'), bytes), { maxLength: 3 }),
    }),
    { maxLength: 5 },
  ),
});

async function encoded(batch: Batch): Promise<Buffer> {
  const long = (value: number) => Long.fromValue(String(value));
  const records = batch.records.map(({ timestampDelta, key, value, headers }, offsetDelta) => {
    const all: Record<string, Buffer[]> = {};
    for (const [name, text] of headers) all[name] = [...(all[name] ?? []), Buffer.from(text)];
    const buffer = (part: Uint8Array | null) => part && Buffer.from(part);
    const record = { offsetDelta, timestampDelta: long(timestampDelta), key: buffer(key), value: buffer(value) };
    return recordOf({ ...record, headers: all });
  });
  const { firstOffset, firstTimestamp, maxTimestamp, producerId, transactional } = batch;
  const { buffer } = await RecordBatch({
    firstOffset: long(firstOffset),
    firstTimestamp,
    maxTimestamp,
    producerId: long(producerId),
    transactional,
    lastOffsetDelta: batch.records.length - 1,
    records,
  });
  const value = Buffer.from(buffer);
  // The broker sets these; the check sum is read by nobody here.
  value[22] = value[22]! | (batch.appendTime ? 0x8 : 0) | (batch.control ? 0x20 : 0);
  return value;
}

test('records are what kafkajs decodes, of several batches, the last one cut off', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batches, { maxLength: 3 }), batches, fc.nat(), async (whole, cut, at) => {
      const parts = await Promise.all(whole.map(encoded));
      const last = await encoded(cut);
      const expected = [];
      for (const part of parts) expected.push(...(await decodeBatch(new Decoder(part))).records);
      const fetched = Buffer.concat([...parts, last.subarray(0, at % last.length)]);
      deepEqual(plain(decodeRecordBatches(fetched)!), plain(columnsOf(expected)));
    }),
    { numRuns: 100 },
  );
});

/** Where the bytes lie is not what is compared, and a batch without records is none to kafkajs. */
const plain = ({ count, offsets, timesMs, keys, values, headers, batches }: FetchedRecords): unknown => ({
  records: Array.from({ length: count }, (_, i) => ({
    offset: offsets[i],
    timeMs: timesMs[i],
    key: keys.at(i)?.toString('hex'),
    value: values.at(i)?.toString('hex'),
    headers: { ...headers[i] },
  })),
  batches: batches.filter(({ from, to }) => to > from),
});

test('what is compressed, older or damaged is left to kafkajs', async () => {
  const record = { timestampDelta: 0, key: null, value: Buffer.from('v'), headers: [] };
  const flags = { transactional: false, appendTime: true, control: false };
  const batch = { firstOffset: 1, firstTimestamp: 5, maxTimestamp: 5, producerId: -1, ...flags, records: [record] };
  const changed = async (at: number, byte: number): Promise<unknown> => {
    const value = await encoded(batch);
    value[at] = byte;
    return decodeRecordBatches(value);
  };
  equal(decodeRecordBatches(await encoded(batch))?.count, 1);
  equal(await changed(16, 1), undefined);
  equal(await changed(22, 1), undefined);
  equal(await changed(61, 0x7e), undefined);
  equal(await changed(0, 0x7f), undefined);
});

test('mutated bytes neither throw nor hang', async () => {
  await fc.assert(
    fc.asyncProperty(batches, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), async (batch, changes) => {
      const value = await encoded(batch);
      for (const [at, byte] of changes) if (at % value.length >= 12) value[at % value.length] = byte;
      decodeRecordBatches(value);
    }),
  );
});
