import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contentionMsAt, contentionShapeMs, loadAtContention, relaxationS } from './contention-curve.ts';

/** Mean wait of M/M/k in ms by summing the probabilities of all numbers of hits, as textbooks write it. */
function exactWaitMs(servers: number, hitsPerS: number, saturationHitsPerS: number): number {
  const offered = (servers * hitsPerS) / saturationHitsPerS;
  let term = 1;
  let below = 0;
  for (let hits = 0; hits < servers; hits++) {
    below += term;
    term *= offered / (hits + 1);
  }
  const queued = term / (1 - hitsPerS / saturationHitsPerS);
  return (1_000 * (queued / (below + queued))) / (saturationHitsPerS - hitsPerS);
}

function exactLoadAt(servers: number, contentionMs: number, saturationHitsPerS: number): number {
  let [low, high] = [0, saturationHitsPerS];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (exactWaitMs(servers, middle, saturationHitsPerS) < contentionMs) low = middle;
    else high = middle;
  }
  return low;
}

test('the oracle of this file gives what Erlang C gives for 10 servers at 80 %: 40.9 % of hits wait', () => {
  const meanWaitS = exactWaitMs(10, 8, 10) / 1_000;
  ok(Math.abs(meanWaitS * (10 - 8) - 0.4092) < 5e-5, `${meanWaitS * 2}`);
});

test('one server is Pollaczek and Khinchine, exactly: half of (1 + cv²) of what M/M/1 waits', () => {
  for (const serviceCv2 of [0.5, 1, 4])
    for (const load of [1, 5, 9]) {
      const curve = { saturationHitsPerS: 10, servers: 1, serviceCv2, arrivalCv2: 1, kappa: (1 + serviceCv2) / 2 };
      const expectedMs = (1_000 * ((1 + serviceCv2) / 2) * (load / 10)) / (10 - load);
      ok(Math.abs(contentionMsAt(curve, load) / expectedMs - 1) < 1e-12, `${serviceCv2} ${load}`);
    }
});

for (const servers of [1, 8, 16, 32, 200])
  test(`with exponential service ${servers} servers wait 1 to 300 ms at the load of Erlang C`, () => {
    const saturationHitsPerS = servers / 0.3;
    const curve = { saturationHitsPerS, servers, serviceCv2: 1, arrivalCv2: 1, kappa: 1 };
    for (const contentionMs of [1, 10, 30, 60, 100, 300]) {
      const exact = exactLoadAt(servers, contentionMs, saturationHitsPerS);
      ok(Math.abs(loadAtContention(curve, contentionMs) / exact - 1) < 1e-9, `${contentionMs} ms`);
    }
  });

// 100 ms with 16 servers and 0.297942 s a hit: exact, from the states of the queue (simulate/loadtest/queue-truth.ts).
for (const [serviceCv2, exact] of [
  [0.5, 48.906],
  [1, 48],
  [4, 45.157],
] as const)
  test(`16 servers with cv² ${serviceCv2} wait 100 ms at ${exact} hits/s within 0.6 %`, () => {
    const curve = {
      saturationHitsPerS: 16 / 0.297942,
      servers: 16,
      serviceCv2,
      arrivalCv2: 1,
      kappa: (1 + serviceCv2) / 2,
    };
    const error = loadAtContention(curve, 100) / exact - 1;
    ok(Math.abs(error) < 0.006, `${error}`);
  });

const curves = fc.record({
  saturationHitsPerS: fc.double({ min: 1, max: 1_000, noNaN: true }),
  servers: fc.integer({ min: 1, max: 128 }),
  serviceCv2: fc.double({ min: 0.2, max: 8, noNaN: true }),
  arrivalCv2: fc.double({ min: 0.02, max: 1, noNaN: true }),
  kappa: fc.double({ min: 0.3, max: 5, noNaN: true }),
});
const share = fc.double({ min: 0.1, max: 0.999, noNaN: true });

test('the load at a contention is the inverse of the contention at a load', () => {
  fc.assert(
    fc.property(curves, fc.double({ min: 1, max: 500, noNaN: true }), (curve, contentionMs) => {
      const load = loadAtContention(curve, contentionMs);
      // 50 halvings leave 1e-15 of C; near C that moves contention by more than it moves the load.
      const tolerance = 1e-9 / (1 - load / curve.saturationHitsPerS);
      ok(Math.abs(contentionMsAt(curve, load) / contentionMs - 1) < tolerance, `${load}`);
    }),
  );
});

test('more load is more contention, below saturation', () => {
  fc.assert(
    fc.property(curves, share, share, (curve, a, b) => {
      fc.pre(Math.abs(a - b) > 1e-6);
      const [less, more] = [Math.min(a, b), Math.max(a, b)].map((at) => at * curve.saturationHitsPerS);
      ok(contentionMsAt(curve, less!) < contentionMsAt(curve, more!));
    }),
  );
});

test('a host that is twice as fast waits half as long at twice the load', () => {
  fc.assert(
    fc.property(curves, share, (curve, at) => {
      const fast = { ...curve, saturationHitsPerS: 2 * curve.saturationHitsPerS };
      const slow = contentionShapeMs(curve, at * curve.saturationHitsPerS);
      ok(Math.abs((2 * contentionShapeMs(fast, at * fast.saturationHitsPerS)) / slow - 1) < 1e-9);
    }),
  );
});

test('nothing waits without load, everything for ever from saturation on', () => {
  const shape = { saturationHitsPerS: 10, servers: 4, serviceCv2: 1, arrivalCv2: 1 };
  equal(contentionShapeMs(shape, 0), 0);
  equal(contentionShapeMs(shape, 10), Number.POSITIVE_INFINITY);
  equal(contentionShapeMs(shape, 11), Number.POSITIVE_INFINITY);
});

test('the relaxation time is 1 / (√μ − √λ)² for one server, and finite at saturation', () => {
  ok(Math.abs(relaxationS(4, 9) - 1) < 1e-12);
  ok(Number.isFinite(relaxationS(20, 10)));
});
