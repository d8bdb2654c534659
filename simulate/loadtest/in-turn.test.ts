import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { meanWaitS } from '../queueing.ts';
import { Random } from '../random.ts';
import { InTurn } from './in-turn.ts';
import { inTurnWaitS } from './in-turn-truth.ts';

const host = { servers: 8, serviceS: 0.335, cv2: 1, hits: 200_000, seed: 1 };
const close = (value: number, expected: number, tolerance: number) =>
  ok(Math.abs(value / expected - 1) < tolerance, `${value} instead of ${expected}`);

test('a host that gets every arrival waits as Erlang C says', () => {
  const waitS = inTurnWaitS({ ...host, poolHitsPerS: 18, hitsPerS: 18, hits: 1_000_000 });
  close(waitS, meanWaitS({ servers: 8, serviceS: 0.335, arrivalsPerS: 18 }), 0.05);
});

test('every n-th arrival waits less: with one server as the root of the GI/M/1 queue says', () => {
  // Every second arrival: σ = (μ (1 − σ) / λ2 + 1)^-2 with λ2 the rate of the pool; the wait is σ / (μ (1 − σ)).
  let sigma = 0.5;
  for (let step = 0; step < 200; step++) sigma = (1 + (10 * (1 - sigma)) / 16) ** -2;
  const waitS = inTurnWaitS({ ...host, servers: 1, serviceS: 0.1, poolHitsPerS: 16, hitsPerS: 8 });
  close(waitS, sigma / (10 * (1 - sigma)), 0.05);
});

test('servers get their shares of the users, and ten in turn get hits a tenth as uneven as users come', () => {
  const balancer = new InTurn(new Random(1), 2);
  const counts = Array.from({ length: 4_000 }, () =>
    balancer.second(1_000, [0.1, 0.05]).map((arrivals) => arrivals.length),
  );
  const [first, second] = [0, 1].map((server) => {
    const hits = counts.map((each) => each[server]!);
    const mean = hits.reduce((sum, count) => sum + count, 0) / hits.length;
    return [mean, hits.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (hits.length - 1) / mean];
  }) as [number[], number[]];
  close(first[0]!, 100, 0.005);
  close(second[0]!, 50, 0.005);
  close(first[1]!, 0.1, 0.1);
  close(second[1]!, 0.05, 0.15);
});

test('arrivals of a second are within it and in order', () => {
  const [arrivals] = new InTurn(new Random(3), 1).second(500, [0.5]);
  ok(arrivals!.every((atS, hit) => atS >= (arrivals![hit - 1] ?? 0) && atS < 1));
  equal(arrivals!.length > 150, true);
});

test('an Erlang time of n parts has the mean of n of them and the variance of n of them', () => {
  const random = new Random(5);
  for (const count of [1, 12, 160]) {
    const times = Array.from({ length: 40_000 }, () => random.erlang(count, 0.5));
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / times.length;
    close(mean, count * 0.5, 0.02);
    close(variance, count * 0.25, 0.05);
  }
});
