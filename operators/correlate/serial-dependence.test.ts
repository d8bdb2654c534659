import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { correlated } from './testing/correlated.ts';
import { autoregressive, normals, twoPass } from './testing/series.ts';

const seeds = 1_000;

/** Percent of seeds whose 95 % interval holds the truth: of r = 0, of a slope of 2, and of r if points were independent. */
function coverage({ phi, length }: { phi: number; length: number }) {
  const covered = { r: 0, slope: 0, naive: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const next = normals(seed);
    const xs = autoregressive(next, { phi, length });
    const noise = autoregressive(next, { phi, length });
    const apart = correlated(xs, noise);
    if (apart.r_lo! <= 0 && 0 <= apart.r_hi!) covered.r += 100 / seeds;
    if (Math.abs(Math.atanh(apart.r)) <= 1.96 / Math.sqrt(length - 3)) covered.naive += 100 / seeds;
    const together = correlated(
      xs,
      xs.map((x, i) => 2 * x + noise[i]!),
    );
    if (together.slope_lo! <= 2 && 2 <= together.slope_hi!) covered.slope += 100 / seeds;
  }
  return covered;
}

test('intervals of independent points cover in 95 % of cases', () => {
  const { r, slope } = coverage({ phi: 0, length: 300 });
  ok(r >= 92 && r <= 98, `r ${r}`);
  ok(slope >= 92 && slope <= 98, `slope ${slope}`);
});

test('intervals of points that remember (AR(1), 0.8) cover too, where naive ones cover 64 %', () => {
  const { r, slope, naive } = coverage({ phi: 0.8, length: 300 });
  ok(r >= 92 && r <= 98, `r ${r}`);
  ok(slope >= 92 && slope <= 98, `slope ${slope}`);
  ok(naive < 75, `naive ${naive}`);
});

test('the effective count is the formula of Pyper and Peterman, lag by lag', () => {
  // 50 points: lags 1 to 10, each measured.
  const next = normals(7);
  const xs = autoregressive(next, { phi: 0.7, length: 50 });
  const ys = autoregressive(next, { phi: 0.7, length: 50 });
  const acf = (values: readonly number[], lag: number): number => {
    const { meanX: mean, sxx } = twoPass(values, values);
    let sum = 0;
    for (let t = 0; t + lag < values.length; t++) sum += (values[t]! - mean) * (values[t + lag]! - mean);
    return ((50 / (50 - lag)) * sum) / sxx;
  };
  let inverse = 1 / 50;
  for (let lag = 1; lag <= 10; lag++) inverse += (2 / 50) * ((50 - lag) / 50) * acf(xs, lag) * acf(ys, lag);
  ok(Math.abs(correlated(xs, ys).n_eff * inverse - 1) < 1e-9);
});

test('an hour of points that remember has the effective count that theory gives, within 15 %', () => {
  const next = normals(3);
  const [xs, ys] = [0, 1].map(() => autoregressive(next, { phi: 0.95, length: 3_600 }));
  const { n_eff } = correlated(xs!, ys!);
  const theory = 3_600 * ((1 - 0.95 ** 2) / (1 + 0.95 ** 2));
  ok(Math.abs(n_eff / theory - 1) < 0.15, `${n_eff} for ${theory}`);
});

test('seconds that are missing change the effective count little, and points do not move together over a gap', () => {
  const next = normals(5);
  const xs = autoregressive(next, { phi: 0.8, length: 600 });
  const ys = autoregressive(next, { phi: 0.8, length: 600 });
  const whole = correlated(xs, ys, { windowMs: 600_000 });
  const holes = xs.map((x, i) => (i % 7 === 3 || (i > 200 && i < 260) ? Number.NaN : x));
  const withHoles = correlated(holes, ys, { windowMs: 600_000 });
  ok(withHoles.n! < 500);
  ok(Math.abs(withHoles.n_eff / whole.n_eff - 1) < 0.25, `${withHoles.n_eff} for ${whole.n_eff}`);
});

test('the effective count lies between 2 and n, and under five points cannot be told', () => {
  const trend = [...Array(40).keys()];
  const { n_eff } = correlated(
    trend,
    trend.map((x) => x + Math.sin(x)),
  );
  ok(n_eff >= 2 && n_eff < 8, `${n_eff}`);
  const flipping = trend.map((x) => (x % 2 === 0 ? 1 : -1) + Math.sin(x * x) / 10);
  ok(
    correlated(
      flipping,
      trend.map((x) => Math.sin(x * x * x)),
    ).n_eff <= 40,
  );
  equal(correlated([1, 3, 2, 5], [2, 2, 4, 4]).n_eff, Number.NaN);
});

const lags: [says: string, steps: number, intervalMs: number, lagS: number][] = [
  ['x that leads by three seconds', 3, 1_000, 3],
  ['y that leads by five seconds', -5, 1_000, -5],
  ['series in step', 0, 1_000, 0],
  ['points each 10 s, x leads by two of them', 2, 10_000, 20],
  ['points each 250 ms, y leads by one', -1, 250, -0.25],
];
for (const [says, steps, intervalMs, lagS] of lags)
  test(`lag of ${says}: ${lagS} s`, () => {
    const next = normals(11);
    const signal = Array.from({ length: 210 }, next);
    const xs = signal.slice(5, 205);
    const ys = xs.map((_, i) => signal[5 + i - steps]! + 0.2 * next());
    equal(correlated(xs, ys, { intervalMs }).lag_s, lagS);
  });

test('equal correlations go to the shortest lag, x leading; fewer than 15 points have none', () => {
  const wave = Array.from({ length: 64 }, (_, i) => [1, 0, -1, 0][i % 4]!);
  // A wave of period 4 against itself: lags −4, −2, 0, 2, 4 are as strong but for the ends.
  equal(correlated(wave, wave).lag_s, 0);
  equal(correlated(wave.slice(0, 14), wave.slice(0, 14)).lag_s, Number.NaN);
});
