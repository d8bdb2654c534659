import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { finishedWithin } from './finished-within.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

test('work that ends in time has finished, and its timer is gone', async () => {
  const clock = new VirtualClock();
  let cancelled = 0;
  const counted = { ...clock, nowMs: () => 0, monotonicMs: () => 0, after: () => () => void cancelled++ };
  equal(await finishedWithin(Promise.resolve('done'), 100, counted), true);
  equal(cancelled, 1);
});

test('work that goes on has not', async () => {
  const clock = new VirtualClock();
  const answers: boolean[] = [];
  void finishedWithin(new Promise(() => {}), 100, clock).then((finished) => answers.push(finished));
  await clock.advance(99);
  deepEqual(answers, []);
  await clock.advance(1);
  deepEqual(answers, [false]);
});
