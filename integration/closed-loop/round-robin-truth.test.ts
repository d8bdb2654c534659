import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { meanWaitS } from '../../simulate/queueing.ts';
import { roundRobinWaitMs } from './round-robin-truth.ts';

const host = { servers: 8, serviceMs: 335, hits: 200_000, seed: 1 };

test('a host that gets every arrival waits as Erlang C says', () => {
  const waitMs = roundRobinWaitMs({ ...host, poolHitsPerS: 18, hitsPerS: 18, hits: 1_000_000 });
  const ratio = waitMs / 1_000 / meanWaitS({ servers: 8, serviceS: 0.335, arrivalsPerS: 18 });
  ok(Math.abs(ratio - 1) < 0.05, `${ratio.toFixed(3)} of Erlang C`);
});

test('every n-th arrival waits less: with one server as the root of the GI/M/1 queue says', () => {
  // Every second arrival: σ = (μ (1 − σ) / λ2 + 1)^-2 with λ2 the rate of the pool; the wait is σ / (μ (1 − σ)).
  const [serviceMs, poolHitsPerS, hitsPerS] = [100, 16, 8];
  let sigma = 0.5;
  for (let step = 0; step < 200; step++) sigma = (1 + (10 * (1 - sigma)) / poolHitsPerS) ** -2;
  const expectedMs = (1_000 * sigma) / (10 * (1 - sigma));
  const waitMs = roundRobinWaitMs({ ...host, servers: 1, serviceMs, poolHitsPerS, hitsPerS });
  ok(Math.abs(waitMs / expectedMs - 1) < 0.05, `${waitMs.toFixed(1)} ms, expected ${expectedMs.toFixed(1)} ms`);
});
