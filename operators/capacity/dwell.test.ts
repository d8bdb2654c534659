import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { type LoadSums, mergeSums, noLoad, pointOf, withSecond } from './dwell.ts';

const second = (hitsPerS: number, durationMs: number | undefined, busyRatio: number) => ({
  hitsPerS,
  durationMs,
  busyRatio,
});
const sumsOf = (...seconds: ReturnType<typeof second>[]): LoadSums => seconds.reduce(withSecond, noLoad);

test('durations are means over hits, busy time is a mean over seconds, a second without hits counts as time', () => {
  const unit = sumsOf(second(10, 100, 0.5), second(30, 200, 0.7), second(0, undefined, 0));
  deepEqual(pointOf({ units: [unit] }), {
    hitsPerS: 40 / 3,
    durationMs: 175,
    busyRatio: 1.2 / 3,
    hits: 40,
    hostSeconds: 3,
  });
});

test('a point is that of all units, without the one that is left out', () => {
  const [a, b, c] = [sumsOf(second(10, 100, 0.5)), sumsOf(second(20, 130, 0.75)), sumsOf(second(60, 50, 0.25))];
  deepEqual(pointOf({ units: [a, b, c] }, 1), pointOf({ units: [mergeSums(a, c)] }));
  equal(pointOf({ units: [a, b, c] })?.hits, 90);
});

test('where nothing was hit there is no point', () => {
  equal(pointOf({ units: [] }), undefined);
  equal(pointOf({ units: [noLoad, sumsOf(second(0, undefined, 0.1))] }), undefined);
});
