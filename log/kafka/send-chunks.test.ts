import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../base/errors.ts';
import type { ProduceRecord } from '../port.ts';
import { sendChunks } from './send-chunks.ts';

const record = (partition: number, bytes: number, key: string | null = null): ProduceRecord => ({
  topic: 't',
  partition,
  key: key === null ? null : Buffer.from(key),
  value: Buffer.alloc(bytes),
});

test('no records, no requests', () => deepEqual(sendChunks([]), []));

test('records of several topics and partitions go in one request', () => {
  const chunks = sendChunks([record(0, 10), { ...record(1, 10), topic: 'u' }, record(1, 10)]);
  equal(chunks.length, 1);
  deepEqual(
    chunks[0]!.map(({ topic, messages }) => [topic, messages.map(({ partition }) => partition)]),
    [
      ['t', [0, 1]],
      ['u', [1]],
    ],
  );
});

test('a batch of one partition stays below the limit of the broker', () => {
  const chunks = sendChunks(Array.from({ length: 4 }, () => record(0, 400_000)));
  deepEqual(
    chunks.map((topics) => topics[0]!.messages.length),
    [2, 2],
  );
});

test('other partitions have batches of their own and need no further request', () => {
  const chunks = sendChunks(Array.from({ length: 4 }, (_, i) => record(i, 400_000)));
  equal(chunks.length, 1);
});

test('key, value and headers are handed on as they are, nothing is added', () => {
  const headers = { 'dyno-kind': Buffer.from('tick') };
  const [topics] = sendChunks([{ ...record(3, 0, 'k'), value: null, headers }]);
  deepEqual(topics![0]!.messages, [{ partition: 3, key: Buffer.from('k'), value: null, headers }]);
});

test('a record that fits no batch is refused with its size', () => {
  throws(
    () => sendChunks([record(0, 950_000)]),
    (error) => hasCode(error, 'DYNO_LOG_RECORD_TOO_LARGE'),
  );
});

test('any records come out complete, in order within each partition, below both limits', () => {
  const any = fc.array(fc.record({ partition: fc.nat(3), kilobytes: fc.nat(800) }), { maxLength: 60 });
  fc.assert(
    fc.property(any, (sizes) => {
      const records = sizes.map(({ partition, kilobytes }, i) => record(partition, kilobytes * 1_000, String(i)));
      const chunks = sendChunks(records).map((topics) => topics.flatMap(({ messages }) => messages));
      const numbers = (partition: number, from: readonly { partition?: number; key?: unknown }[]) =>
        from.filter((each) => each.partition === partition).map((each) => String(each.key));
      for (const partition of [0, 1, 2, 3]) deepEqual(numbers(partition, chunks.flat()), numbers(partition, records));
      for (const chunk of chunks) {
        const bytes = [0, 0, 0, 0];
        for (const { partition, value } of chunk) bytes[partition!]! += (value as Buffer).length;
        ok(Math.max(...bytes) < 1_000_000 && bytes.reduce((sum, each) => sum + each) <= 8_000_000);
      }
    }),
    { numRuns: 30 },
  );
});
