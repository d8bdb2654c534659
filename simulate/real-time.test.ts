import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../base/testing/virtual-clock.ts';
import { runInRealTime } from './real-time.ts';

const secondMs = 1_700_000_000_000;

/** A fleet that only notes which seconds it was asked for. */
function noted(clock: VirtualClock) {
  const asked: number[] = [];
  const published: number[] = [];
  const fleet = {
    second: (timeMs: number) => {
      asked.push((timeMs - secondMs) / 1_000);
      return [];
    },
  };
  const run = runInRealTime({ fleet, clock, publish: () => published.push((clock.nowMs() - secondMs) / 1_000) });
  return { asked, published, run };
}

test('each whole second of the clock is asked for once, on the second', async () => {
  const clock = new VirtualClock(secondMs + 350);
  const { asked, published, run } = noted(clock);
  await clock.advance(3_000);
  deepEqual(
    [asked, published],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  );
  run.stop();
  await clock.advance(3_000);
  deepEqual(asked, [1, 2, 3]);
});

test('a clock that was set back tells no second twice', async () => {
  let offsetMs = 0;
  const inner = new VirtualClock(secondMs);
  const clock = Object.assign(Object.create(inner) as VirtualClock, {
    nowMs: () => inner.nowMs() + offsetMs,
    after: (delayMs: number, task: () => void) => inner.after(delayMs, task),
  });
  const { asked, run } = noted(clock);
  await inner.advance(2_000);
  offsetMs = -1_500;
  await inner.advance(3_000);
  deepEqual(asked, [1, 2, 3]);
  equal(run.missedSeconds, 0);
  run.stop();
});

test('a clock that was set forward costs seconds, counted', async () => {
  let offsetMs = 0;
  const inner = new VirtualClock(secondMs);
  const clock = Object.assign(Object.create(inner) as VirtualClock, {
    nowMs: () => inner.nowMs() + offsetMs,
    after: (delayMs: number, task: () => void) => inner.after(delayMs, task),
  });
  const { asked, run } = noted(clock);
  await inner.advance(1_000);
  offsetMs = 10_000;
  await inner.advance(1_000);
  deepEqual(asked, [1, 12]);
  equal(run.missedSeconds, 10);
  run.stop();
});
