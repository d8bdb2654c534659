import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { loadAtContention } from './contention-curve.ts';
import { naturalCapacity } from './natural-capacity.ts';
import { dwellsOf } from './testing/dwells-of.ts';

const host = {
  curve: { saturationHitsPerS: 53.7, servers: 16, serviceCv2: 1, kappa: 1 },
  baselineMs: 330,
  backgroundRatio: 0.02,
};
const truth = loadAtContention(host.curve, 100);
const shares = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7];
const dwells = (
  given: { readonly of?: readonly number[]; readonly durationMs?: number; readonly seed?: number } = {},
) =>
  dwellsOf({
    host,
    loads: (given.of ?? shares).map((share) => share * truth),
    units: 8,
    seconds: 6_000,
    noise: { random: new Random(given.seed ?? 1), hits: 0.001, busy: 0.001, durationMs: given.durationMs ?? 0.2 },
  });

test('a day between 30 and 70 % of the capacity gives one that is said to lie beyond the measured', () => {
  const estimate = naturalCapacity({ dwells: dwells(), servers: 16 })!;
  ok(estimate.extrapolated);
  ok(Math.abs(estimate.lambda100 / truth - 1) < 0.06, `${estimate.lambda100} ${truth}`);
  ok(estimate.lo <= truth && truth <= estimate.hi);
});

test('durations that vary by more than their contention give none rather than a wide one', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const estimate = naturalCapacity({ dwells: dwells({ durationMs: 30, seed }), servers: 16 });
    ok(estimate === undefined || (estimate.hi - estimate.lo) / 2 / estimate.lambda100 <= 0.1);
  }
});

test('five levels are too few', () => {
  equal(naturalCapacity({ dwells: dwells({ of: shares.slice(0, 5) }), servers: 16 }), undefined);
});

test('latencies that contradict the CPU are believed only where they were seen up to 60 ms', () => {
  // Half of the CPUs are free when hits wait: at 30 to 70 % nothing has waited long enough to trust it.
  const bound = { ...host, curve: { ...host.curve, servers: 1, saturationHitsPerS: 26 } };
  const estimate = naturalCapacity({
    dwells: dwellsOf({ host: bound, loads: shares.map((share) => share * 20), units: 8, seconds: 6_000 }),
    servers: 16,
  });
  ok(estimate === undefined || estimate.model !== 'latency' || !estimate.extrapolated);
});
