import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { Tail } from './tail.ts';
import type { Partition } from './topics.ts';

const partition = (number: number): Partition => ({
  topic: { id: 1, settings: { name: 't', partitions: 2, cleanup: 'delete', retentionMs: 1 }, partitions: [] },
  number,
  startOffset: 0,
  endOffset: 0,
  lastAppendTimeMs: 0,
  oldest: undefined,
  dirtyCount: 0,
  wakers: new Set(),
});
const block = (text: string): Buffer => Buffer.from(text);
const texts = (blocks: readonly Buffer[] | undefined) => blocks?.map(String);

test('the tail answers from the block that holds an offset, and nothing older than it has', () => {
  const tail = new Tail();
  const one = partition(0);
  for (const [baseOffset, text] of [
    [10, 'ten'],
    [20, 'twenty'],
    [25, 'more'],
  ] as const) {
    tail.add({ partition: one, baseOffset, block: block(text) });
  }
  deepEqual(texts(tail.from(one, 10)), ['ten', 'twenty', 'more']);
  deepEqual(texts(tail.from(one, 24)), ['twenty', 'more']);
  deepEqual(texts(tail.from(one, 400)), ['more']);
  equal(tail.from(one, 9), undefined);
  equal(tail.from(partition(1), 10), undefined);
});

test('the oldest block goes when the tail is full, of whatever partition', () => {
  const tail = new Tail(8);
  const [one, two] = [partition(0), partition(1)];
  tail.add({ partition: one, baseOffset: 0, block: block('aaaa') });
  tail.add({ partition: two, baseOffset: 0, block: block('bbbb') });
  tail.add({ partition: two, baseOffset: 1, block: block('cc') });
  equal(tail.from(one, 0), undefined);
  deepEqual(texts(tail.from(two, 0)), ['bbbb', 'cc']);
  tail.forget(two);
  equal(tail.from(two, 1), undefined);
  tail.add({ partition: one, baseOffset: 1, block: block('dddddddd') });
  deepEqual(texts(tail.from(one, 1)), ['dddddddd']);
});
