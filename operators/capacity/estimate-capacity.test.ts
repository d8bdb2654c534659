import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../base/testing/random.ts';
import { loadAtContention } from './contention-curve.ts';
import { fitCpuSaturation } from './cpu-saturation.ts';
import { type Dwell, pointOf } from './dwell.ts';
import { estimateCapacity, relativeHalfWidth } from './estimate-capacity.ts';
import { fitContention } from './fit-contention.ts';
import { dwellsOf, type KnownHost } from './testing/dwells-of.ts';

const servers = 16;
/** A host that waits 100 ms at 47.93 hits/s of 53.7. */
const host: KnownHost = {
  curve: { saturationHitsPerS: 53.7, servers, serviceCv2: 1, arrivalCv2: 1, kappa: 1 },
  baselineMs: 330,
  backgroundRatio: 0.05,
};
const lambda100 = loadAtContention(host.curve, 100);
const loads = [24, 30, 36, 40, 43, 45, 46.5, 48.5];
const noisy = (seed: number, units = 8): Dwell[] =>
  dwellsOf({
    host,
    loads,
    units,
    seconds: 30,
    noise: { random: new Random(seed), hits: 0.02, busy: 0.02, durationMs: 8 },
  });

test('without noise the answer is the capacity, and the interval says that nothing varies', () => {
  const estimate = estimateCapacity({ dwells: dwellsOf({ host, loads, units: 8, seconds: 30 }), servers })!;
  ok(Math.abs(estimate.lambda100 / lambda100 - 1) < 1e-4, `${estimate.lambda100} instead of ${lambda100}`);
  ok(relativeHalfWidth(estimate) < 1e-6, `${relativeHalfWidth(estimate)}`);
  ok(Math.abs(estimate.backgroundRatio - 0.05) < 1e-6);
  ok(Math.abs(estimate.cpuSaturationHitsPerS - 53.7) < 1e-3);
  deepEqual([estimate.model, estimate.bottleneck, estimate.extrapolated], ['cpu', 'cpu', false]);
  deepEqual([estimate.units, estimate.dwells, estimate.hostSeconds], [8, 8, 8 * 8 * 30]);
});

test('below 60 ms of contention it says that it extrapolates', () => {
  const low = dwellsOf({ host, loads: loads.slice(0, 5), units: 8, seconds: 30 });
  const estimate = estimateCapacity({ dwells: low, servers })!;
  equal(estimate.extrapolated, true);
  ok(estimate.highestContentionMs > 20 && estimate.highestContentionMs < 60, `${estimate.highestContentionMs}`);
  equal(estimate.highestHitsPerS, 43);
});

test('fewer than 4 units or 3 loads say nothing', () => {
  const some = (units: number, count: number) =>
    estimateCapacity({ dwells: dwellsOf({ host, loads: loads.slice(-count), units, seconds: 30 }), servers });
  equal(some(3, 8), undefined);
  equal(some(8, 2), undefined);
  ok(some(4, 8) !== undefined);
  ok(some(8, 3) !== undefined);
  equal(estimateCapacity({ dwells: [], servers }), undefined);
});

test('hosts that never wait, or whose CPUs are never busy, have no capacity yet', () => {
  const idle = dwellsOf({ host, loads, units: 8, seconds: 30 }).map(({ units }) => ({
    units: units.map((unit) => ({ ...unit, durationMs: unit.hits * 330 })),
  }));
  equal(estimateCapacity({ dwells: idle, servers }), undefined);
  const noCpu = noisy(1).map(({ units }) => ({ units: units.map((unit) => ({ ...unit, busyRatio: 0 })) }));
  equal(estimateCapacity({ dwells: noCpu, servers }), undefined);
});

test('the interval covers the capacity in 90 to 98 of 100 tests with independent noise, and is not biased', () => {
  const estimates = Array.from({ length: 400 }, (_, seed) => estimateCapacity({ dwells: noisy(seed), servers })!);
  const covered = estimates.filter(({ lo, hi }) => lo <= lambda100 && lambda100 <= hi).length;
  ok(covered >= 360 && covered <= 392, `${covered} of 400`);
  const bias = estimates.reduce((sum, estimate) => sum + Math.log(estimate.lambda100 / lambda100), 0) / 400;
  ok(Math.abs(bias) < 0.001, `${bias}`);
});

/** ln λ100 by the three fits in a row, for hosts whose limit is their CPUs. */
function logCapacity(dwells: readonly Dwell[]): number {
  const points = dwells.map((dwell) => pointOf(dwell)!);
  const { saturationHitsPerS, backgroundRatio, busyPerHit } = fitCpuSaturation(points)!;
  const adjusted = points.map((point) => {
    const surplus = point.busyRatio - backgroundRatio - busyPerHit * point.hitsPerS;
    const durationMs = point.durationMs - (1_000 * servers * surplus) / point.hitsPerS;
    return { ...point, hitsPerS: point.hitsPerS + surplus / busyPerHit, durationMs };
  });
  return Math.log(
    loadAtContention(fitContention({ points: adjusted, saturationHitsPerS, servers, arrivalCv2: 1 })!, 100),
  );
}

test('value and standard error are those of a jackknife by hand: the fits again, without each unit', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 5, max: 10 }), (seed, units) => {
      const dwells = noisy(seed, units);
      const estimate = estimateCapacity({ dwells, servers })!;
      // Where fewer servers than CPUs explain the data too, the answer is a mean over models.
      fc.pre(estimate.notCpuProbability < 1e-9);
      const logs: number[] = [];
      for (let left = 0; left < units; left++)
        logs.push(logCapacity(dwells.map((dwell) => ({ units: dwell.units.filter((_, unit) => unit !== left) }))));
      let mean = 0;
      for (const log of logs) mean += log / units;
      let variance = 0;
      for (const log of logs) variance += ((units - 1) / units) * (log - mean) ** 2;
      const unbiased = units * logCapacity(dwells) - (units - 1) * mean;
      ok(Math.abs(Math.log(estimate.lambda100) - unbiased) < 1e-9, `${estimate.lambda100} ${Math.exp(unbiased)}`);
      // The highest load is past 100 ms or nearly so: the form of the curve adds almost nothing.
      ok(Math.abs(estimate.relativeSe ** 2 - variance) < 1e-6, `${estimate.relativeSe} ${Math.sqrt(variance)}`);
      equal(estimate.degreesOfFreedom, units - 1);
    }),
    { numRuns: 30 },
  );
});

test('neither the order of dwells nor that of units matters', () => {
  const dwells = noisy(3);
  const { lambda100: value, lo, hi } = estimateCapacity({ dwells, servers })!;
  const turned = dwells.toReversed().map(({ units }) => ({ units: units.toReversed() }));
  const other = estimateCapacity({ dwells: turned, servers })!;
  for (const [a, b] of [
    [other.lambda100, value],
    [other.lo, lo],
    [other.hi, hi],
  ] as const)
    ok(Math.abs(a / b - 1) < 1e-9, `${a} ${b}`);
});

/** What a host says that has 16 CPUs, of which memory bandwidth lets only so many serve. */
const boundHost = (effective: number): Dwell[] => {
  const saturationHitsPerS = (53.7 * effective) / 16;
  const bound: KnownHost = {
    curve: { saturationHitsPerS, servers: effective, serviceCv2: 1, arrivalCv2: 1, kappa: 1 },
    baselineMs: 330,
    backgroundRatio: 0,
  };
  const capacity = loadAtContention(bound.curve, 100);
  const noise = { random: new Random(effective), hits: 0.01, busy: 0.01, durationMs: 4 };
  const shares = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.96];
  return dwellsOf({ host: bound, loads: shares.map((share) => share * capacity), units: 8, seconds: 30, noise }).map(
    ({ units }) => ({ units: units.map((unit) => ({ ...unit, busyRatio: (unit.busyRatio * effective) / 16 })) }),
  );
};
for (const effective of [4, 8, 12])
  test(`where memory bandwidth lets ${effective} of 16 CPUs serve, that is found, and the capacity with it`, () => {
    const estimate = estimateCapacity({ dwells: boundHost(effective), servers })!;
    const curve = {
      saturationHitsPerS: (53.7 * effective) / 16,
      servers: effective,
      serviceCv2: 1,
      arrivalCv2: 1,
      kappa: 1,
    };
    const expected = loadAtContention(curve, 100);
    deepEqual([estimate.bottleneck, estimate.model, estimate.fit.servers], ['not_cpu', 'fewer_servers', effective]);
    ok(estimate.notCpuProbability > 0.99);
    ok(estimate.lo <= expected && expected <= estimate.hi, `${estimate.lo} ${expected} ${estimate.hi}`);
  });

test('a host whose CPUs are its limit is hardly ever doubted', () => {
  const doubts = Array.from({ length: 50 }, (_, seed) => estimateCapacity({ dwells: noisy(seed), servers })!);
  ok(doubts.filter(({ notCpuProbability }) => notCpuProbability > 0.1).length <= 2);
});
