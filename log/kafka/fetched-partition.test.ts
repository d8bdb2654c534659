import { deepEqual, equal, notEqual } from 'node:assert/strict';
import test from 'node:test';
import { ByteSpans } from '../../base/byte-list.ts';
import { answerMemory } from './answer-memory.ts';
import { FetchedPartition } from './fetched-partition.ts';
import type { FetchedRecords, ProducerBatch } from './fetched-records.ts';

interface Sent extends Partial<ProducerBatch> {
  readonly offsets: readonly number[];
}

/** Batches of records whose values are their offsets; `lastOffset` is that of the last record, if nothing else is said. */
function fetched(
  fetchedOffset: number,
  sent: readonly Sent[],
  aborted: readonly [number, number][] = [],
  memory?: Buffer,
) {
  const offsets = sent.flatMap((batch) => batch.offsets);
  const batches: ProducerBatch[] = [];
  let from = 0;
  for (const { offsets: own, ...facts } of sent) {
    const plain = { producerId: -1, inTransaction: false, isControl: false, isAbort: false };
    batches.push({ from, to: from + own.length, lastOffset: own.at(-1) ?? 0, ...plain, ...facts });
    from += own.length;
  }
  const texts = offsets.map((offset) => Buffer.from(String(offset)));
  const messages: FetchedRecords = {
    count: offsets.length,
    offsets: Float64Array.from(offsets),
    timesMs: Float64Array.from(offsets, (offset) => offset * 10),
    keys: ByteSpans.of(offsets.map(() => null)),
    values: memory === undefined ? ByteSpans.of(texts) : inMemory(memory, texts),
    headers: [],
    batches,
  };
  const abortedTransactions = aborted.map(([producerId, firstOffset]) => ({
    producerId: String(producerId),
    firstOffset: String(firstOffset),
  }));
  return new FetchedPartition('t', String(fetchedOffset), {
    partition: 3,
    highWatermark: '100',
    abortedTransactions,
    messages,
  });
}
const inMemory = (memory: Buffer, texts: readonly Buffer[]): ByteSpans =>
  new ByteSpans({
    buffer: memory.buffer,
    starts: new Uint32Array(texts.length),
    lengths: Int32Array.from(texts, ({ length }) => length),
  });

const seen = (partition: FetchedPartition, below?: number) => {
  const batch = partition.batch({ nextOffset: 0, endOffset: 0 }, below);
  deepEqual(Array.from(batch.values, String), [...batch.offsets].map(String));
  deepEqual(
    [...batch.appendTimesMs],
    Array.from(batch.offsets, (offset) => offset * 10),
  );
  equal(batch.count, batch.offsets.length);
  return [...batch.offsets];
};

test('records below the offset that was asked for are left out, above a limit too', () => {
  const partition = fetched(6, [{ offsets: [4, 5, 6] }, { offsets: [7, 8] }]);
  deepEqual([seen(partition), seen(partition, 8), partition.messages.length], [[6, 7, 8], [6, 7], 3]);
  deepEqual([partition.firstOffset(), partition.lastOffset(), partition.offsetLag()], ['6', '8', '91']);
  equal(partition.isEmpty(), false);
});

test('markers and aborted records are passed, and the position moves behind them', () => {
  const inTransaction = { producerId: 9, inTransaction: true };
  const marker = { ...inTransaction, isControl: true, isAbort: true };
  const partition = fetched(
    1,
    [
      { offsets: [1, 2], ...inTransaction },
      { offsets: [3], ...marker },
    ],
    [[9, 1]],
  );
  deepEqual([seen(partition), partition.isEmpty(), partition.isEmptyDueToFiltering()], [[], true, true]);
  deepEqual([partition.lastOffset(), partition.nextOffset], ['3', 4]);
  const behind = fetched(
    1,
    [{ offsets: [1], ...inTransaction }, { offsets: [2] }, { offsets: [3], ...marker }],
    [[9, 1]],
  );
  deepEqual([seen(behind), behind.nextOffset], [[2], 4]);
});

test('what compaction took moves the position as well', () => {
  const partition = fetched(5, [{ offsets: [3], lastOffset: 7 }]);
  deepEqual([seen(partition), partition.nextOffset, partition.isEmptyDueToFiltering()], [[], 8, true]);
  const emptied = fetched(5, [{ offsets: [], lastOffset: 7 }]);
  deepEqual([seen(emptied), emptied.nextOffset, emptied.lastOffset()], [[], 8, '7']);
});

test('memory that was lent is given back by the last of its partitions', () => {
  const memory = answerMemory(100_000);
  const [one, other] = [fetched(0, [{ offsets: [1] }], [], memory), fetched(0, [{ offsets: [2] }], [], memory)];
  const nothing = fetched(5, [{ offsets: [1] }], [], memory);
  one.release();
  one.release();
  nothing.release();
  notEqual(answerMemory(100_000).buffer, memory.buffer);
  other.release();
  equal(answerMemory(100_000).buffer, memory.buffer);
});

test('nothing fetched leaves the position', () => {
  const partition = fetched(5, []);
  deepEqual(
    [partition.nextOffset, partition.isEmpty(), partition.isEmptyDueToFiltering(), partition.lastOffset()],
    [undefined, true, false, '99'],
  );
});
