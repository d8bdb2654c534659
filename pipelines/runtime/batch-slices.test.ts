import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RecordBatch } from '../../log/port.ts';
import { piecesOf, sliceAtPosition } from './batch-slices.ts';

const batchOf = (offsets: readonly number[], nextOffset = (offsets.at(-1) ?? -1) + 1): RecordBatch => ({
  topic: 't',
  partition: 0,
  count: offsets.length,
  offsets: Float64Array.from(offsets),
  appendTimesMs: Float64Array.from(offsets, (offset) => offset * 10),
  keys: offsets.map((offset) => Buffer.from(`k${offset}`)),
  values: offsets.map((offset) => Buffer.from(`v${offset}`)),
  headers: offsets.map(() => undefined),
  nextOffset,
  endOffset: nextOffset,
});

const shown = (batch: RecordBatch, from: number, position: number) =>
  sliceAtPosition(batch, from, position).map((slice) => ({
    offsets: [...slice.offsets],
    replayed: slice.replayed,
    next: slice.nextOffset,
  }));

test('a batch above the position is new as it is', () => {
  deepEqual(shown(batchOf([5, 6, 7]), 5, 5), [{ offsets: [5, 6, 7], replayed: false, next: 8 }]);
});

test('a batch below the position is replayed whole', () => {
  deepEqual(shown(batchOf([5, 6, 7]), 5, 8), [{ offsets: [5, 6, 7], replayed: true, next: 8 }]);
});

test('a batch across the position is cut there', () => {
  deepEqual(shown(batchOf([5, 6, 7, 9]), 5, 7), [
    { offsets: [5, 6], replayed: true, next: 7 },
    { offsets: [7, 9], replayed: false, next: 10 },
  ]);
});

test('records below the seek are left out', () => {
  deepEqual(shown(batchOf([5, 6, 7]), 7, 7), [{ offsets: [7], replayed: false, next: 8 }]);
});

test('a batch without records says how far the log goes on without any', () => {
  deepEqual(shown(batchOf([], 9), 7, 7), [{ offsets: [], replayed: false, next: 9 }]);
  deepEqual(shown(batchOf([], 9), 7, 9), [{ offsets: [], replayed: true, next: 9 }]);
  deepEqual(shown(batchOf([5, 6], 7), 7, 7), []);
});

test('every record from the seek on comes exactly once, as replayed if and only if it lies below the position', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 60 }).map((offsets) => offsets.sort((a, b) => a - b)),
      fc.nat(210),
      fc.nat(210),
      (offsets, from, position) => {
        const slices = sliceAtPosition(batchOf(offsets), from, position);
        const seen = slices.flatMap((slice) =>
          [...slice.offsets].map((offset) => ({ offset, replayed: slice.replayed })),
        );
        const wanted = offsets
          .filter((offset) => offset >= from)
          .map((offset) => ({ offset, replayed: offset < position }));
        deepEqual(seen, wanted);
        for (const slice of slices) {
          deepEqual(
            Array.from(slice.keys, String),
            [...slice.offsets].map((offset) => `k${offset}`),
          );
          equal(slice.count, slice.offsets.length);
        }
      },
    ),
  );
});

test('what lies behind the last replayed record is new, though no record is there', () => {
  const batch = {
    topic: 't',
    partition: 0,
    count: 1,
    offsets: Float64Array.of(0),
    appendTimesMs: Float64Array.of(0),
    keys: [null],
    values: [Buffer.from('open at the commit')],
    headers: [undefined],
    nextOffset: 2,
    endOffset: 2,
  };
  const slices = sliceAtPosition(batch, 0, 1).map(({ count, nextOffset, replayed }) => [count, nextOffset, replayed]);
  deepEqual(slices, [
    [1, 1, true],
    [0, 2, false],
  ]);
});

test('pieces of a batch are all of it, none larger than asked for', () => {
  const shownPieces = (batch: RecordBatch, recordsMax: number) =>
    piecesOf({ ...batch, replayed: false }, recordsMax).map(({ offsets, values, nextOffset, endOffset }) => ({
      offsets: [...offsets],
      values: [...values].map(String),
      nextOffset,
      endOffset,
    }));
  deepEqual(shownPieces(batchOf([5, 6, 8, 9, 12], 20), 2), [
    { offsets: [5, 6], values: ['v5', 'v6'], nextOffset: 8, endOffset: 20 },
    { offsets: [8, 9], values: ['v8', 'v9'], nextOffset: 12, endOffset: 20 },
    { offsets: [12], values: ['v12'], nextOffset: 20, endOffset: 20 },
  ]);
  deepEqual(shownPieces(batchOf([5, 6], 7), 2), [
    { offsets: [5, 6], values: ['v5', 'v6'], nextOffset: 7, endOffset: 7 },
  ]);
  deepEqual(shownPieces(batchOf([], 7), 2), [{ offsets: [], values: [], nextOffset: 7, endOffset: 7 }]);
});
