import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { createCounterDecoder } from '../../native/counter-decoder.ts';
import { aggregationPlan } from './aggregation-plan.ts';
import { PartitionWindows } from './partition-windows.ts';
import { batchOf, inWords, type TestBatch } from './testing/counter-log.ts';
import { type DecodedBatch, windowCounters } from './window-counters.ts';

const decoded = (...atS: number[]): DecodedBatch<TestBatch> => {
  const batch = batchOf(atS.map((appendS) => ({ appendS, kind: 'tick' })));
  return { batch, columns: createCounterDecoder({ counterIndex: new Map() }).decode(batch.values as null[]) };
};
/** What the operator says of a source, in words. */
const heard = (source: Observable<DecodedBatch<TestBatch>>) => {
  const words: string[] = [];
  const windows = new PartitionWindows<TestBatch>({ plan: aggregationPlan([]), metrics: [] });
  const subscription = source.pipe(windowCounters(windows)).subscribe({
    next: (event) => words.push(inWords(event)),
    error: (error) => words.push(`error ${error}`),
    complete: () => words.push('complete'),
  });
  return { words, subscription };
};

test('empty, never, one and many batches', () => {
  deepEqual(heard(EMPTY).words, ['complete']);
  deepEqual(heard(NEVER).words, []);
  deepEqual(heard(of(decoded(1))).words, ['1 s through 0', '10 s through -20', 'complete']);
  deepEqual(heard(of(decoded(1), decoded(2, 3))).words, [
    '1 s through 0',
    '10 s through -20',
    '1 s through 1',
    '1 s through 2',
    'complete',
  ]);
});

test('what comes out of a batch is out before its push returns', () => {
  const batches = new Subject<DecodedBatch<TestBatch>>();
  const { words } = heard(batches);
  batches.next(decoded(1));
  equal(words.length, 2);
});

test('an error of the source passes through, and nothing after it', () => {
  deepEqual(heard(throwError(() => 'broken')).words, ['error broken']);
});

test('a defect within becomes an error of the stream', () => {
  const broken = { ...decoded(1), columns: undefined } as unknown as DecodedBatch<TestBatch>;
  equal(heard(of(broken)).words.at(-1)?.startsWith('error'), true);
});

test('unsubscribing early tears the source down', () => {
  let toreDown = false;
  const source = new Observable<DecodedBatch<TestBatch>>(() => () => {
    toreDown = true;
  });
  heard(source).subscription.unsubscribe();
  equal(toreDown, true);
});
