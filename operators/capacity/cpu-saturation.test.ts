import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fitCpuSaturation } from './cpu-saturation.ts';
import type { LoadPoint } from './dwell.ts';

const point = (hitsPerS: number, busyRatio: number, hostSeconds = 100): LoadPoint => ({
  hitsPerS,
  busyRatio,
  durationMs: 100,
  hits: hitsPerS * hostSeconds,
  hostSeconds,
});
const close = (value: number, expected: number, tolerance = 1e-9) =>
  ok(Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${value} instead of ${expected}`);

test('busy time of 10 % and 2 % a hit is read off two loads: all CPUs are busy at 45 hits/s', () => {
  const { saturationHitsPerS, backgroundRatio, busyPerHit } = fitCpuSaturation([point(10, 0.3), point(30, 0.7)])!;
  close(saturationHitsPerS, 45);
  close(backgroundRatio, 0.1);
  close(busyPerHit, 0.02);
});

test('every exact line is recovered, however long each load was held and in whatever order', () => {
  const line = fc.record({
    busyPerHit: fc.double({ min: 1e-4, max: 0.1, noNaN: true }),
    backgroundRatio: fc.double({ min: 0.001, max: 0.4, noNaN: true }),
    lowest: fc.double({ min: 0.5, max: 50, noNaN: true }),
    ratios: fc.array(fc.double({ min: 1, max: 2, noNaN: true }), { minLength: 1, maxLength: 10 }),
    seconds: fc.integer({ min: 10, max: 1_000 }),
  });
  fc.assert(
    fc.property(line, ({ busyPerHit, backgroundRatio, lowest, ratios, seconds }) => {
      const loads = [lowest, ...ratios.map((ratio) => ratio * lowest), 2 * lowest];
      const points = loads.map((load, i) => point(load, backgroundRatio + busyPerHit * load, seconds + 7 * i));
      for (const given of [points, points.toReversed()]) {
        const fit = fitCpuSaturation(given)!;
        close(fit.saturationHitsPerS, (1 - backgroundRatio) / busyPerHit, 1e-6);
        close(fit.backgroundRatio, backgroundRatio, 1e-6);
      }
    }),
  );
});

test('a load that was held longer weighs more', () => {
  // The line through 10 and 20 hits/s has no background; the third point contradicts it.
  const short = fitCpuSaturation([point(10, 0.2), point(20, 0.4), point(30, 0.7, 1)])!;
  const long = fitCpuSaturation([point(10, 0.2), point(20, 0.4), point(30, 0.7, 1_000)])!;
  close(short.saturationHitsPerS, 50, 0.01);
  ok(long.saturationHitsPerS < 45, `${long.saturationHitsPerS}`);
});

test('a background below zero is noise: the line goes through the origin', () => {
  const fit = fitCpuSaturation([point(10, 0.1), point(20, 0.3)])!;
  equal(fit.backgroundRatio, 0);
  // Weighted by seconds ÷ hits/s: Σ weight × busy = 10 × 0.1 + 5 × 0.3, Σ weight × hits/s = 10 × 10 + 5 × 20.
  close(fit.busyPerHit, 2.5 / 200);
  close(fit.saturationHitsPerS, 80);
});

test('loads that differ by less than 15 % have no slope of their own: the line goes through the origin', () => {
  const narrow = fitCpuSaturation([point(20, 0.5), point(22.9, 0.55)])!;
  equal(narrow.backgroundRatio, 0);
  const wide = fitCpuSaturation([point(20, 0.5), point(23.1, 0.55)])!;
  ok(wide.backgroundRatio > 0.1);
});

test('without busy CPUs or without any load nothing is said', () => {
  deepEqual([fitCpuSaturation([]), fitCpuSaturation([point(10, 0), point(20, 0)])], [undefined, undefined]);
});
