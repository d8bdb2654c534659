import { equal } from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ProduceRequest, produceRequestBody } from './produce-request.ts';

/** kafkajs's own code is the second opinion: a copy of the module, as ours may have taken its place already. */
const require = createRequire(import.meta.url);
const inside = <T>(file: string): T => require(`kafkajs/src/protocol/${file}.js`) as T;
const Encoder = inside<new (bytes: number) => { writeInt64(value: unknown): { readonly buffer: Buffer } }>('encoder');
const byKafkajs =
  freshly<(request: ProduceRequest) => { encode(): Promise<{ readonly buffer: Buffer }> }>(
    'requests/produce/v3/request',
  );
const int64 = (value: unknown): Buffer => new Encoder(8).writeInt64(value).buffer;

function freshly<T>(file: string): T {
  const path = require.resolve(`kafkajs/src/protocol/${file}.js`);
  const known = require.cache[path];
  delete require.cache[path];
  const fresh = require(path) as T;
  if (known !== undefined) require.cache[path] = known;
  return fresh;
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((part) => Buffer.from(part));
const message = fc.record({
  key: fc.option(bytes(40)),
  value: fc.option(fc.oneof(bytes(20), bytes(20_000))),
  headers: fc.dictionary(fc.constantFrom('a', 'dyno-kind', 'ü'), bytes(90)),
});
const requests: fc.Arbitrary<ProduceRequest> = fc.record({
  acks: fc.constantFrom(-1, 1),
  timeout: fc.nat(60_000),
  transactionalId: fc.option(fc.string({ minLength: 1 })),
  producerId: fc.integer({ min: -1, max: 2 ** 45 }),
  producerEpoch: fc.nat(30_000),
  topicData: fc.array(
    fc.record({
      topic: fc.string(),
      partitions: fc.array(
        fc.record({ partition: fc.nat(500), firstSequence: fc.nat(), messages: fc.array(message, { minLength: 1 }) }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 3 },
  ),
});

test('a request is the bytes that kafkajs writes', async () => {
  const now = Date.now;
  try {
    Date.now = () => 1_700_000_000_123;
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const expected = (await byKafkajs(request).encode()).buffer;
        equal(produceRequestBody(request, Date.now(), int64)?.toString('hex'), expected.toString('hex'));
      }),
      { numRuns: 60 },
    );
  } finally {
    Date.now = now;
  }
});

test('many records in a batch: offsets of one byte and of two', async () => {
  const messages = Array.from({ length: 300 }, (_, i) => ({ key: null, value: Buffer.from(`value ${i}`) }));
  const request = { acks: -1, timeout: 1, topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }] };
  const expected = (await byKafkajs(request).encode()).buffer;
  const nowMs = Number(expected.readBigInt64BE(expected.indexOf(Buffer.of(0, 0, 1, 0x2b)) + 4));
  equal(produceRequestBody(request, nowMs, int64)?.equals(expected), true);
});

test('what we never send is left to kafkajs', () => {
  const body = (change: object, of: object = {}): unknown =>
    produceRequestBody(
      {
        acks: -1,
        timeout: 1,
        topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [{ value: Buffer.from('v'), ...of }] }] }],
        ...change,
      },
      1,
      int64,
    );
  equal(body({}) instanceof Buffer, true);
  equal(body({ compression: 1 }), undefined);
  equal(body({}, { value: 'a text' }), undefined);
  equal(body({}, { timestamp: '5' }), undefined);
  equal(body({}, { headers: { a: 'a text' } }), undefined);
});
