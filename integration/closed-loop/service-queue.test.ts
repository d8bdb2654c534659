import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { meanWaitS } from '../../simulate/queueing.ts';
import { Random } from '../../simulate/random.ts';
import { ServiceQueue } from './service-queue.ts';

test('hits wait as long as Erlang C says, and the servers are as busy', () => {
  const random = new Random(1);
  const [servers, serviceMs, arrivalsPerS] = [8, 335, 18];
  const queue = new ServiceQueue({ servers, serviceMs, exponential: (mean) => random.exponential(mean) });
  const seconds = 40_000;
  const waits = { hits: 0, sumMs: 0 };
  let busy = 0;
  let arrivalMs = random.exponential(1_000 / arrivalsPerS);
  for (let second = 1; second <= seconds; second++) {
    for (; arrivalMs < 1_000 * second; arrivalMs += random.exponential(1_000 / arrivalsPerS)) {
      waits.hits++;
      waits.sumMs += queue.arrive(arrivalMs).waitMs;
    }
    busy += queue.takeBusyRatio(1_000 * second);
  }
  const expectedMs = 1_000 * meanWaitS({ servers, serviceS: serviceMs / 1_000, arrivalsPerS });
  const ratio = waits.sumMs / waits.hits / expectedMs;
  ok(Math.abs(ratio - 1) < 0.05, `a mean wait of ${ratio.toFixed(3)} times ${expectedMs.toFixed(1)} ms`);
  const load = (arrivalsPerS * serviceMs) / 1_000 / servers;
  ok(Math.abs(busy / seconds / load - 1) < 0.01, `${busy / seconds} busy, not ${load}`);
});

test('time of a server counts in the seconds in which it passes', () => {
  const queue = new ServiceQueue({ servers: 2, serviceMs: 1_500, exponential: (mean) => mean });
  const hits = [queue.arrive(500), queue.arrive(500), queue.arrive(600)];
  deepEqual(hits, [
    { waitMs: 0, endMs: 2_000 },
    { waitMs: 0, endMs: 2_000 },
    { waitMs: 1_400, endMs: 3_500 },
  ]);
  deepEqual(
    [1_000, 2_000, 3_000, 4_000, 5_000].map((endMs) => queue.takeBusyRatio(endMs)),
    [0.5, 1, 0.5, 0.25, 0],
  );
});
