import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { correlated } from './testing/correlated.ts';
import { autoregressive, normals } from './testing/series.ts';

const seeds = 1_000;
/** Quantile 0.975 of the normal distribution. */
const z = 1.96;

interface Memory {
  readonly x: number;
  readonly error: number;
  readonly length: number;
  /** Share of the points that are missing. Default 0. */
  readonly missing?: number;
  /** Correlation of the two. Default 0. */
  readonly r?: number;
}

/**
 * Percent of seeds whose 95 % interval holds the truth: of r, of the slope, of a slope of independent points; and half of
 * the slope's interval in mean, over that of somebody who knows how slopes of such series are spread.
 */
function coverage({ x, error, length, missing = 0, r = 0 }: Memory) {
  const slope = r / Math.sqrt(1 - r * r);
  const covered = { r: 0, slope: 0, naive: 0 };
  let [squares, half] = [0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    const next = normals(seed);
    const scaled = (phi: number): number[] =>
      autoregressive(next, { phi, length }).map((value) => value * Math.sqrt(1 - phi * phi));
    const xs = scaled(x);
    const ys = scaled(error).map((value, i) => slope * xs[i]! + value);
    const random = new Random(seed);
    const found = correlated(
      xs.map((value) => (random.chance(missing) ? Number.NaN : value)),
      ys,
      { windowMs: length * 1_000 },
    );
    if (found.r_lo <= r && r <= found.r_hi) covered.r += 100 / seeds;
    if (found.slope_lo <= slope && slope <= found.slope_hi) covered.slope += 100 / seeds;
    const naive = (z * found.residual_sd) / found.sd_x / Math.sqrt(found.n - 1);
    if (Math.abs(found.slope - slope) <= naive) covered.naive += 100 / seeds;
    squares += (found.slope - slope) ** 2;
    half += (found.slope_hi - found.slope_lo) / 2;
  }
  return { ...covered, width: half / seeds / (z * Math.sqrt(squares / seeds)) };
}

/** r of 60 points of which one remembers has an interval that is wider than it need be. */
const memories: [says: string, memory: Memory, coversMax: { slope: number; r: number }, widthMax: number][] = [
  ['60 independent points', { x: 0, error: 0, length: 60 }, { slope: 98, r: 98 }, 1.2],
  ['60 points that remember (AR(1), 0.8)', { x: 0.8, error: 0.8, length: 60 }, { slope: 98, r: 98 }, 1.3],
  ['60 points that remember 0.9', { x: 0.9, error: 0.9, length: 60 }, { slope: 98, r: 98 }, 1.4],
  ['60 points of which x alone remembers', { x: 0.9, error: 0, length: 60 }, { slope: 98, r: 99.5 }, 1.3],
  ['60 points of which errors alone remember', { x: 0, error: 0.8, length: 60 }, { slope: 98, r: 99.5 }, 1.3],
  ['300 independent points', { x: 0, error: 0, length: 300 }, { slope: 98, r: 98 }, 1.3],
  ['300 points, 0.8, a fifth missing', { x: 0.8, error: 0.8, length: 300, missing: 0.2 }, { slope: 98, r: 98 }, 1.3],
];
for (const [says, memory, coversMax, widthMax] of memories)
  test(`intervals of ${says} cover in 92 % of cases, not in all, and are not needlessly wide`, () => {
    const { r, slope, width } = coverage(memory);
    ok(slope >= 92 && slope <= coversMax.slope, `slope ${slope}`);
    ok(r >= 92 && r <= coversMax.r, `r ${r}`);
    ok(width <= widthMax, `width ${width}`);
  });

test('a minute of points that remember 0.95, worth a handful, covers in 90 % where independent ones would in 40', () => {
  const { slope, naive } = coverage({ x: 0.95, error: 0.95, length: 60 });
  ok(slope >= 90, `slope ${slope}`);
  ok(naive < 50, `naive ${naive}`);
});

test('a correlation that is not zero is covered too, where the errors remember and x does not', () => {
  const { r } = coverage({ x: 0.5, error: 0.8, length: 300, r: 0.8 });
  ok(r >= 92 && r <= 98, `r ${r}`);
});

test('errors whose spread follows x are covered in 90 % of cases, without the long-run variance in 87', () => {
  let covered = 0;
  for (let seed = 1; seed <= 500; seed++) {
    const next = normals(seed);
    const xs = autoregressive(next, { phi: 0.8, length: 300 }).map((value) => 0.6 * value);
    const errors = autoregressive(next, { phi: 0.8, length: 300 });
    const { slope_lo, slope_hi } = correlated(
      xs,
      errors.map((value, i) => value * Math.exp(0.4 * xs[i]!)),
    );
    if (slope_lo <= 0 && 0 <= slope_hi) covered += 100 / 500;
  }
  ok(covered >= 89.5, `${covered}`);
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
