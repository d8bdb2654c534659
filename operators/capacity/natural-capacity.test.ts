import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { loadAtContention } from './contention-curve.ts';
import { estimateCapacity } from './estimate-capacity.ts';
import { naturalCapacity } from './natural-capacity.ts';
import { dwellsOf } from './testing/dwells-of.ts';

const host = {
  curve: { saturationHitsPerS: 53.7, servers: 16, serviceCv2: 1, arrivalCv2: 1, kappa: 1 },
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

test('hosts that serve only 12 hits at once although they have 16 CPUs are seen by their first waits', () => {
  const curve = { saturationHitsPerS: (12 / 16) * 53.7, servers: 12, serviceCv2: 1, arrivalCv2: 1, kappa: 1 };
  const bound = { ...host, curve };
  const capacity = loadAtContention(curve, 100);
  const given = dwellsOf({
    host: bound,
    loads: shares.map((share) => share * capacity),
    units: 8,
    seconds: 6_000,
    noise: { random: new Random(3), hits: 0.001, busy: 0.001, durationMs: 0.05 },
  }).map(({ units }) => ({ units: units.map((sums) => ({ ...sums, busyRatio: 0.75 * sums.busyRatio })) }));
  const estimate = naturalCapacity({ dwells: given, servers: 16 })!;
  equal(estimate.model, 'fewer_servers');
  ok(Math.abs(estimate.lambda100 / capacity - 1) < 0.06, `${estimate.lambda100} ${capacity}`);
});

test('a tier that is loaded until hits wait for 60 ms and more is judged as a load test is, and not beyond the measured', () => {
  const loaded = dwells({ of: [0.5, 0.6, 0.7, 0.8, 0.9, 0.96, 0.99] });
  const estimate = naturalCapacity({ dwells: loaded, servers: 16 })!;
  equal(estimate.extrapolated, false);
  deepEqual(estimate, estimateCapacity({ dwells: loaded, servers: 16 }));
});
