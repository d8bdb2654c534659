import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../base/testing/random.ts';
import { normal } from './testing/dwells-of.ts';
import { fitUniversalScalability, type ScalabilityPoint, throughputAt } from './universal-scalability.ts';

const pointsOf = (pairs: readonly (readonly [number, number])[]): ScalabilityPoint[] =>
  pairs.map(([concurrency, throughputHitsPerS]) => ({ concurrency, throughputHitsPerS }));

/** `value` has the published digits: it lies within half of the last one, or within 2e-6 where more are given. */
function published(value: number, expected: string): void {
  const digits = expected.includes('.') ? expected.length - expected.indexOf('.') - 1 : 0;
  const tolerance = Math.max(0.5000001 * 10 ** -digits, 2e-6 * Math.abs(Number(expected)));
  ok(Math.abs(value - Number(expected)) <= tolerance, `${value} instead of ${expected}`);
}

// Data and coefficients: documentation of the R package usl 3.0 (its README, its vignette and its data sets).
test('SPEC SDM91 on a SPARCcenter 2000 has the coefficients, errors and peak that the R package usl publishes', () => {
  const fit = fitUniversalScalability(
    pointsOf([
      [1, 64.9],
      [18, 995.9],
      [36, 1652.4],
      [72, 1853.2],
      [108, 1828.9],
      [144, 1775.0],
      [216, 1702.2],
    ]),
  )!;
  published(fit.lambda.value, '89.9952330');
  published(fit.lambda.standardError, '14.2134894');
  published(fit.sigma.value, '0.0277285');
  published(fit.sigma.standardError, '0.0091217');
  published(fit.kappa.value, '0.0001044');
  published(fit.kappa.standardError, '0.0000199');
  published(fit.residualSd, '82.8');
  equal(fit.degreesOfFreedom, 4);
  published(fit.peak!.concurrency.value, '96.5');
  published(fit.limitHitsPerS! / 10, '325');
  equal(fit.retrograde, 'seen');
});

test('the ray tracer has no coherency term: kappa is held at 0, as the R package usl publishes it', () => {
  const fit = fitUniversalScalability(
    pointsOf([
      [1, 20],
      [4, 78],
      [8, 130],
      [12, 170],
      [16, 190],
      [20, 200],
      [24, 210],
      [28, 230],
      [32, 260],
      [48, 280],
      [64, 310],
    ]),
  )!;
  published(fit.lambda.value, '21.848843');
  published(fit.sigma.value, '0.057771');
  equal(fit.kappa.value, 0);
  published(fit.residualSd, '9.34');
  equal(fit.degreesOfFreedom, 8);
  published(fit.limitHitsPerS!, '378');
  equal(fit.peak, undefined);
  equal(fit.retrograde, 'none');
});

// Data and the parameters they should give: tests of the packages usl4j and usl (Rust), digits from a course's exercise with R.
test('32 sizes of a Cisco benchmark have the published coefficients to seven digits', () => {
  const throughputs = [
    955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71, 8646.7, 9047.84,
    9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806.0, 12089.37, 12075.41,
    12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39,
  ];
  const fit = fitUniversalScalability(pointsOf(throughputs.map((value, i) => [i + 1, value])))!;
  published(fit.lambda.value, '995.6487801');
  published(fit.sigma.value, '0.0267159441');
  published(fit.kappa.value, '0.0007690939');
  equal(Math.floor(fit.peak!.concurrency.value), 35);
  equal(fit.retrograde, 'beyond');
});

const models = fc.record({
  lambda: fc.double({ min: 0.5, max: 5_000, noNaN: true }),
  sigma: fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 0.5, noNaN: true })),
  kappa: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e-2, noNaN: true })),
  top: fc.integer({ min: 20, max: 500 }),
});
const evenly = (top: number, count = 12): number[] =>
  Array.from({ length: count }, (_, i) => 1 + ((top - 1) * i) / (count - 1));

test('a curve without noise is recovered, with and without serial work and coherency, whatever its weights', () => {
  fc.assert(
    fc.property(models, fc.integer({ min: 1, max: 1_000 }), ({ top, ...model }, seed) => {
      const random = new Random(seed);
      const fit = fitUniversalScalability(
        evenly(top).map((concurrency) => ({
          concurrency,
          throughputHitsPerS: throughputAt(model, concurrency),
          weight: 0.1 + random.next(),
        })),
      )!;
      ok(Math.abs(fit.lambda.value / model.lambda - 1) < 1e-6, `lambda ${fit.lambda.value}`);
      ok(Math.abs(fit.sigma.value - model.sigma) < 1e-6 * Math.max(1, model.sigma), `sigma ${fit.sigma.value}`);
      ok(Math.abs(fit.kappa.value - model.kappa) < 1e-6 * Math.max(1e-2, model.kappa), `kappa ${fit.kappa.value}`);
    }),
  );
});

test('the peak is where the curve is highest', () => {
  const model = { lambda: 100, sigma: 0.05, kappa: 0.001 };
  const fit = fitUniversalScalability(pointsOf(evenly(80).map((n) => [n, throughputAt(model, n)])))!;
  const { concurrency, throughputHitsPerS } = fit.peak!;
  for (const beside of [0.99, 1.01])
    ok(throughputAt(model, beside * concurrency.value) < throughputHitsPerS.value, `${beside}`);
  ok(Math.abs(throughputHitsPerS.value - throughputAt(model, concurrency.value)) < 1e-6);
});

test('no coefficient is ever below 0, and no other allowed curve is nearer to the points', () => {
  const noisy = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(models, noisy, fc.integer({ min: 1, max: 1_000 }), ({ top, ...model }, noise, seed) => {
      const points = evenly(top, 8).map((concurrency, i) => ({
        concurrency,
        throughputHitsPerS: throughputAt(model, concurrency) * noise[i]!,
      }));
      const fit = fitUniversalScalability(points);
      if (fit === undefined) return;
      const found = { lambda: fit.lambda.value, sigma: fit.sigma.value, kappa: fit.kappa.value };
      ok(found.sigma >= 0 && found.kappa >= 0 && fit.sigma.lo >= 0 && fit.kappa.lo >= 0);
      const squares = (of: typeof found): number =>
        points.reduce((sum, point) => sum + (point.throughputHitsPerS - throughputAt(of, point.concurrency)) ** 2, 0);
      const random = new Random(seed);
      for (let i = 0; i < 50; i++) {
        const other = {
          lambda: found.lambda * (1 + 0.02 * (random.next() - 0.5)),
          sigma: Math.abs(found.sigma + 0.01 * (random.next() - 0.5)),
          kappa: Math.abs(found.kappa + (0.1 / top ** 2) * (random.next() - 0.5)),
        };
        ok(squares(other) >= squares(found) * (1 - 1e-9), `${JSON.stringify([found, other])}`);
      }
    }),
  );
});

test('95 % intervals hold the truth 90 to 98 times in a hundred under noise of 2 %', () => {
  const model = { lambda: 40, sigma: 0.02, kappa: 0.0004 };
  const random = new Random(71);
  const covered = { lambda: 0, sigma: 0, kappa: 0, concurrency: 0, throughput: 0 };
  const truePeak = Math.sqrt((1 - model.sigma) / model.kappa);
  const runs = 600;
  for (let run = 0; run < runs; run++) {
    const fit = fitUniversalScalability(
      evenly(90).map((concurrency) => {
        const exact = throughputAt(model, concurrency);
        const throughputHitsPerS = exact * (1 + 0.02 * normal(random));
        return { concurrency, throughputHitsPerS, weight: 1 / exact ** 2 };
      }),
    )!;
    const holds = ({ lo, hi }: { lo: number; hi: number }, truth: number) => (lo <= truth && truth <= hi ? 1 : 0);
    covered.lambda += holds(fit.lambda, model.lambda);
    covered.sigma += holds(fit.sigma, model.sigma);
    covered.kappa += holds(fit.kappa, model.kappa);
    covered.concurrency += holds(fit.peak!.concurrency, truePeak);
    covered.throughput += holds(fit.peak!.throughputHitsPerS, throughputAt(model, truePeak));
  }
  for (const [name, count] of Object.entries(covered))
    ok(count >= 0.9 * runs && count <= 0.98 * runs, `${name}: ${count / runs}`);
});

test('a tier that only gets proportionally busier is not called retrograde more than 5 times in a hundred', () => {
  const random = new Random(5);
  let called = 0;
  for (let run = 0; run < 300; run++) {
    const fit = fitUniversalScalability(
      evenly(200).map((concurrency) => ({
        concurrency,
        throughputHitsPerS: 3 * concurrency * (1 + 0.01 * normal(random)),
      })),
    )!;
    if (fit.retrograde !== 'none') called++;
  }
  ok(called <= 15, `${called}`);
});

test('five points, or six of one concurrency, say nothing', () => {
  equal(fitUniversalScalability(pointsOf(evenly(20, 5).map((n) => [n, n]))), undefined);
  equal(fitUniversalScalability(pointsOf(evenly(20, 6).map((_, i) => [7, 6 + 0.1 * i]))), undefined);
});
