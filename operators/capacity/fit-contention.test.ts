import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadAtContention } from './contention-curve.ts';
import type { LoadPoint } from './dwell.ts';
import { fitContention, fitContentionByLatency, kappaOfPoint } from './fit-contention.ts';
import { type KnownHost, pointAt } from './testing/dwells-of.ts';

const close = (value: number, expected: number, tolerance: number) =>
  ok(Math.abs(value / expected - 1) <= tolerance, `${value} instead of ${expected}`);

/** kappa and cv² belong together, kappa = (1 + cv²) / 2, as the fit takes it. */
const hosts: fc.Arbitrary<KnownHost> = fc
  .record({
    saturationHitsPerS: fc.double({ min: 5, max: 500, noNaN: true }),
    servers: fc.integer({ min: 1, max: 64 }),
    serviceCv2: fc.double({ min: 0.5, max: 4, noNaN: true }),
    arrivalCv2: fc.double({ min: 0.02, max: 1, noNaN: true }),
    baselineMs: fc.double({ min: 10, max: 1_000, noNaN: true }),
  })
  .map(({ baselineMs, ...shape }) => ({
    curve: { ...shape, kappa: (shape.arrivalCv2 + shape.serviceCv2) / 2 },
    baselineMs,
    backgroundRatio: 0,
  }));
const shares = [0.5, 0.6, 0.7, 0.8, 0.87, 0.92];
const pointsOf = (host: KnownHost): LoadPoint[] =>
  shares.map((share, i) => pointAt(host, share * host.curve.saturationHitsPerS, 200 + 100 * i));
const scaled = (points: readonly LoadPoint[], factor: number): LoadPoint[] =>
  points.map((point) => ({
    ...point,
    hitsPerS: point.hitsPerS / factor,
    durationMs: point.durationMs * factor,
    hostSeconds: point.hostSeconds * factor,
  }));

test('kappa and baseline come back from points without noise', () => {
  fc.assert(
    fc.property(hosts, (host) => {
      const { saturationHitsPerS, servers, arrivalCv2, kappa } = host.curve;
      const fit = fitContention({ points: pointsOf(host), saturationHitsPerS, servers, arrivalCv2 })!;
      // The shape follows kappa, and is adapted a few times only.
      close(fit.kappa, kappa, 0.01);
      ok(Math.abs(fit.baselineMs - host.baselineMs) < 0.01 * (host.baselineMs + 100), `${fit.baselineMs}`);
    }),
  );
});

test('the unit of time does not matter: all times × c gives the same kappa and a baseline × c', () => {
  fc.assert(
    fc.property(hosts, fc.double({ min: 0.01, max: 100, noNaN: true }), (host, factor) => {
      const { saturationHitsPerS, servers, arrivalCv2 } = host.curve;
      const points = pointsOf(host).map((point, i) => ({ ...point, durationMs: point.durationMs + (i % 3) }));
      const fit = fitContention({ points, saturationHitsPerS, servers, arrivalCv2 })!;
      const other = fitContention({
        points: scaled(points, factor),
        saturationHitsPerS: saturationHitsPerS / factor,
        servers,
        arrivalCv2,
      })!;
      ok(Math.abs(other.kappa - fit.kappa) <= 1e-6 * Math.abs(fit.kappa), `${other.kappa} ${fit.kappa}`);
      ok(Math.abs(other.baselineMs / factor - fit.baselineMs) <= 1e-6 * Math.abs(fit.baselineMs));
    }),
  );
});

test('latency alone finds saturation, kappa and baseline of points without noise', () => {
  for (const servers of [1, 8, 16, 32]) {
    const curve = { saturationHitsPerS: 50, servers, serviceCv2: 1, arrivalCv2: 1, kappa: 1 };
    const points = pointsOf({ curve, baselineMs: 300, backgroundRatio: 0 });
    const fit = fitContentionByLatency({ points, servers, arrivalCv2: 1 })!;
    // Points without any noise are unlikely under weights that expect some: the likeliest curve is a little beside.
    close(fit.saturationHitsPerS, 50, 0.025);
    close(loadAtContention(fit, 60), loadAtContention(curve, 60), 0.01);
    close(fit.baselineMs, 300, 0.01);
  }
});

test('latencies that do not rise have no saturation', () => {
  const flat = shares.map((share) => ({
    ...pointAt(
      {
        curve: { saturationHitsPerS: 50, servers: 8, serviceCv2: 1, arrivalCv2: 1, kappa: 1 },
        baselineMs: 50,
        backgroundRatio: 0,
      },
      50 * share,
    ),
    durationMs: 60 - 10 * share,
  }));
  equal(fitContentionByLatency({ points: flat, servers: 8, arrivalCv2: 1 }), undefined);
});

test('one load gives no line', () => {
  const [point] = pointsOf({
    curve: { saturationHitsPerS: 50, servers: 8, serviceCv2: 1, arrivalCv2: 1, kappa: 1 },
    baselineMs: 50,
    backgroundRatio: 0,
  });
  equal(fitContention({ points: [point!, point!], saturationHitsPerS: 50, servers: 8, arrivalCv2: 1 }), undefined);
  equal(fitContention({ points: [], saturationHitsPerS: 50, servers: 8, arrivalCv2: 1 }), undefined);
});

test('one point of the curve has its kappa, and knows it better the more hits it is of', () => {
  fc.assert(
    fc.property(hosts, (host) => {
      const points = pointsOf(host);
      const { saturationHitsPerS, servers, arrivalCv2 } = host.curve;
      const fit = fitContention({ points, saturationHitsPerS, servers, arrivalCv2 })!;
      const seen = kappaOfPoint(fit, points.at(-1)!)!;
      close(seen.kappa, fit.kappa, 0.02);
      const { hits, hostSeconds, ...point } = points.at(-1)!;
      const longer = kappaOfPoint(fit, { ...point, hits: 4 * hits, hostSeconds: 4 * hostSeconds })!;
      close(longer.se, seen.se / 2, 1e-9);
    }),
  );
  const idle = { hitsPerS: 0, durationMs: 100, busyRatio: 0, hits: 0, hostSeconds: 60 };
  const [host] = fc.sample(hosts, { numRuns: 1, seed: 1 });
  const { saturationHitsPerS, servers, arrivalCv2 } = host!.curve;
  const fit = fitContention({ points: pointsOf(host!), saturationHitsPerS, servers, arrivalCv2 })!;
  equal(kappaOfPoint(fit, idle), undefined);
});
