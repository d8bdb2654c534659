import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import { recordColumns } from './record-columns.ts';

const message = (offset: string, headers: IHeaders = {}): KafkaMessage => ({
  offset,
  timestamp: '1700000000123',
  key: null,
  value: Buffer.from('v'),
  attributes: 0,
  headers,
});
const columns = (...messages: KafkaMessage[]) =>
  recordColumns({ topic: 't', partition: 1, messages, nextOffset: 9, endOffset: 12 });

test('text numbers become columns', () => {
  const batch = columns(message('7'), message('8'));
  deepEqual([...batch.offsets], [7, 8]);
  deepEqual([...batch.appendTimesMs], [1_700_000_000_123, 1_700_000_000_123]);
  deepEqual([batch.count, batch.nextOffset, batch.endOffset], [2, 9, 12]);
});

test('a record without headers has none, of a header that is there twice the last counts', () => {
  const twice = { kind: [Buffer.from('a'), Buffer.from('b')], text: 'c' };
  deepEqual(columns(message('0'), message('1', twice)).headers, [
    undefined,
    { kind: Buffer.from('b'), text: Buffer.from('c') },
  ]);
});

test('no records, no columns', () => equal(columns().count, 0));
