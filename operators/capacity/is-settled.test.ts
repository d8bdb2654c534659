import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { isSettled } from './is-settled.ts';

const look = (lo: number, lambda100: number, hi: number, highestContentionMs = 50) => ({
  lo,
  lambda100,
  hi,
  highestContentionMs,
});
const narrow = look(97.5, 100, 102.5);
type Look = ReturnType<typeof look> | undefined;

const cases: [says: string, previous: Look, estimate: Look, settled: boolean, cannotRise?: boolean][] = [
  ['two narrow looks that agree are an answer', narrow, look(98, 101, 104), true],
  ['a first narrow look is not', look(96, 100, 104), narrow, false],
  ['a look that has become wide is not', narrow, look(96, 100, 104), false],
  ['narrow looks that contradict each other are not', look(94, 96, 98), narrow, false],
  ['without a look before there is no answer', undefined, narrow, false],
  ['without an estimate there is no answer', narrow, undefined, false],
  ['far below 30 ms of contention there is no answer', narrow, look(98, 101, 104, 20), false],
  ['unless the load can go no further', narrow, look(98, 101, 104, 20), true, true],
];
for (const [says, previous, estimate, settled, cannotRise = false] of cases)
  test(says, () =>
    equal(isSettled({ previous, estimate, cannotRise, halfWidthMax: 0.03, contentionMsMin: 30 }), settled),
  );
