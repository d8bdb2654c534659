import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowEvent } from './window-events.ts';
import { inRange } from './window-range.ts';

const range = { fromMs: 20_000, toMs: 40_000 };
const nothing = { hosts: [], rows: new Uint32Array(), values: new Float64Array() };
const second = (endMs: number): WindowEvent<never> => ({ kind: 'second', endMs, ...nothing });
const appOf = () => undefined;
const ten = (endMs: number): WindowEvent<never> => ({
  kind: 'ten-seconds',
  endMs,
  ...nothing,
  accumulators: new Float64Array(),
  samples: new Uint8Array(),
  appOf,
});
const kept = (events: readonly WindowEvent<never>[]): readonly WindowEvent<never>[] =>
  events.filter((event) => inRange(range, event) !== undefined);

test('10-s windows of a range end after its beginning and by its end', () => {
  deepEqual(kept([20_000, 30_000, 40_000, 50_000].map(ten)), [30_000, 40_000].map(ten));
});

test('seconds of a range are whole pairs', () => {
  const ends = [19_000, 20_000, 21_000, 40_000, 41_000, 42_000];
  deepEqual(kept(ends.map(second)), [20_000, 21_000, 40_000, 41_000].map(second));
});

test('a range is closed no further than its end', () => {
  const through = (windowMs: number, closedThroughMs: number): WindowEvent<never> => ({
    kind: 'closed-through',
    windowMs,
    closedThroughMs,
  });
  deepEqual(inRange(range, through(10_000, 70_000)), through(10_000, 40_000));
  deepEqual(inRange(range, through(10_000, 30_000)), through(10_000, 30_000));
  deepEqual(inRange(range, through(1_000, 70_000)), through(1_000, 41_000));
});

test('without a range everything stays', () => {
  deepEqual(inRange(undefined, ten(90_000)), ten(90_000));
});
