import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { HitQueue } from '../hit-queue.ts';
import { Random } from '../random.ts';
import { exactArrivalsForWait, exactMeanWaitS } from './queue-truth.ts';

/** Mean wait of batches of a long run in ms, without its first minutes, with the standard error of their mean. */
function simulatedWait(given: { servers: number; cv2: number; utilization: number; serviceS: number; seed: number }) {
  const { servers, cv2, utilization, serviceS, seed } = given;
  const queue = new HitQueue({
    servers,
    meanServiceS: serviceS,
    cv2,
    fixedMs: 0,
    random: new Random(seed),
  });
  const arrivalsPerS = (utilization * servers) / serviceS;
  for (let second = 0; second < 300; second++) queue.advance(arrivalsPerS, 1);
  const batches = Array.from({ length: 30 }, () => {
    let waitMs = 0;
    let hits = 0;
    for (let second = 0; second < 1_000; second++) {
      const { completed, waitAvgMs } = queue.advance(arrivalsPerS, 1);
      if (completed > 0) waitMs += completed * waitAvgMs;
      hits += completed;
    }
    return waitMs / hits;
  });
  const mean = batches.reduce((sum, wait) => sum + wait, 0) / batches.length;
  const squares = batches.reduce((sum, wait) => sum + (wait - mean) ** 2, 0);
  return { meanMs: mean, seMs: Math.sqrt(squares / batches.length / (batches.length - 1)) };
}

for (const [servers, cv2, utilization] of [
  [1, 4, 0.6],
  [4, 0.5, 0.8],
  [4, 2, 0.8],
  [8, 0.5, 0.85],
  [8, 4, 0.8],
  [16, 1, 0.88],
  [16, 2, 0.85],
  [16, 4, 0.85],
] as const)
  test(`${servers} servers at ${utilization} with cv² ${cv2} wait in 30,000 simulated seconds as long as computed`, () => {
    const serviceS = 0.3;
    const exactMs =
      1_000 * exactMeanWaitS({ servers, serviceS, cv2, arrivalsPerS: (utilization * servers) / serviceS });
    const { meanMs, seMs } = simulatedWait({ servers, cv2, utilization, serviceS, seed: 17 });
    ok(seMs < 0.06 * exactMs, `the run is too short to say: ${meanMs} ± ${seMs}`);
    ok(Math.abs(meanMs - exactMs) < 3 * seMs, `simulated ${meanMs} ± ${seMs} ms, computed ${exactMs} ms`);
  });

test('one server waits what Pollaczek and Khinchine say', () => {
  for (const cv2 of [0.5, 2, 4]) {
    const expectedS = (((1 + cv2) / 2) * 0.7 * 0.2) / 0.3;
    const waitS = exactMeanWaitS({ servers: 1, serviceS: 0.2, cv2, arrivalsPerS: 3.5 });
    ok(Math.abs(waitS / expectedS - 1) < 1e-9, `${waitS} ${expectedS}`);
  }
});

test('the rate for a wait is the inverse of the wait at a rate; there is none at saturation', () => {
  for (const cv2 of [0.5, 1, 4]) {
    const arrivalsPerS = exactArrivalsForWait({ servers: 12, serviceS: 0.25, cv2, waitS: 0.1 });
    ok(Math.abs(exactMeanWaitS({ servers: 12, serviceS: 0.25, cv2, arrivalsPerS }) / 0.1 - 1) < 1e-6);
    equal(exactMeanWaitS({ servers: 12, serviceS: 0.25, cv2, arrivalsPerS: 48 }), Number.POSITIVE_INFINITY);
  }
});
