import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { webTruth } from './hardware.ts';
import { HitQueue } from './hit-queue.ts';
import { Random } from './random.ts';

interface Given {
  readonly seed: number;
  readonly offeredPerS: number;
  readonly seconds: number;
  readonly cv2?: number;
  readonly slowness?: number;
}

/** An NHM host after a warm-up: means over all hits of the run. */
function nhmRun({ seed, offeredPerS, seconds, cv2 = 1, slowness = 1 }: Given) {
  const { logicalCpus, serviceS } = webTruth('NHM');
  const queue = new HitQueue({
    servers: logicalCpus,
    meanServiceS: serviceS,
    cv2,
    fixedMs: 32,
    random: new Random(seed),
  });
  for (let second = 0; second < 200; second++) queue.advance(offeredPerS, slowness);
  const sums = { completed: 0, waitMs: 0, serviceMs: 0, busy: 0, refused: 0 };
  for (let second = 0; second < seconds; second++) {
    const { completed, waitAvgMs, serviceAvgMs, busyRatio, refused } = queue.advance(offeredPerS, slowness);
    sums.completed += completed;
    sums.busy += busyRatio;
    sums.refused += refused;
    if (completed === 0) continue;
    sums.waitMs += waitAvgMs * completed;
    sums.serviceMs += serviceAvgMs * completed;
  }
  return {
    waitMs: sums.waitMs / sums.completed,
    serviceMs: sums.serviceMs / sums.completed,
    busyRatio: sums.busy / seconds,
    hitsPerS: sums.completed / seconds,
    refused: sums.refused,
  };
}

test('NHM at 48 hits/s waits 100 ms, as Erlang C says', () => {
  const { waitMs } = nhmRun({ seed: 3, offeredPerS: 48, seconds: 40_000 });
  equal(Math.abs(waitMs - 100) < 5, true, `mean wait ${waitMs} ms`);
});

test('NHM at 80 % of that waits 10 ms', () => {
  const { waitMs } = nhmRun({ seed: 4, offeredPerS: 0.8 * 48, seconds: 20_000 });
  equal(Math.abs(waitMs - 9.9) < 1, true, `mean wait ${waitMs} ms`);
});

test('utilization law: busy = hits per second × CPU time of a hit ÷ CPUs', () => {
  for (const offeredPerS of [5, 25, 45]) {
    const { busyRatio, hitsPerS, serviceMs } = nhmRun({ seed: 5, offeredPerS, seconds: 5_000 });
    const law = (hitsPerS * serviceMs) / 1_000 / 16;
    equal(Math.abs(busyRatio / law - 1) < 0.005, true, `${busyRatio} against ${law}`);
  }
});

test('the more hits differ, the longer they wait', () => {
  const at45 = (cv2: number) => nhmRun({ seed: 6, offeredPerS: 45, seconds: 20_000, cv2 }).waitMs;
  const [even, usual, uneven] = [at45(0.5), at45(1), at45(4)];
  equal(even < usual && usual < uneven, true, `${even} ${usual} ${uneven} ms`);
});

test('slower code keeps CPUs busier for the same hits', () => {
  const busy = (slowness: number) => nhmRun({ seed: 7, offeredPerS: 20, seconds: 5_000, slowness }).busyRatio;
  equal(Math.abs(busy(1.05) / busy(1) - 1.05) < 0.01, true);
});

test('far above capacity the host stays bounded, busy and refuses', () => {
  const { busyRatio, refused, hitsPerS } = nhmRun({ seed: 8, offeredPerS: 200, seconds: 200 });
  equal(busyRatio > 0.999 && refused > 1_000, true);
  equal(Math.abs(hitsPerS - 16 / 0.298) < 3, true);
});

test('without load nothing is completed and means have no value', () => {
  const queue = new HitQueue({ servers: 4, meanServiceS: 0.1, cv2: 1, fixedMs: 0, random: new Random(1) });
  const second = queue.advance(0, 1);
  deepEqual([second.completed, second.busyRatio, second.durationsMs.length], [0, 0, 0]);
  equal(Number.isNaN(second.durationAvgMs), true);
});
