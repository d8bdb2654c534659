import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { fitMemory, type MemoryFit, measureMemory, memorySeries } from './first-order-memory.ts';
import { productSum } from './lagged-sums.ts';
import { autoregressive, normals } from './testing/series.ts';

type Matrix = number[][];
const matrix = (n: number, at: (i: number, j: number) => number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => at(i, j)));
const times = (a: Matrix, b: Matrix): Matrix =>
  matrix(a.length, (i, j) => a[i]!.reduce((sum, value, k) => sum + value * b[k]![j]!, 0));
const trace = (a: Matrix): number => a.reduce((sum, row, i) => sum + row[i]!, 0);

/** Least squares on the mean and x of errors with R[i, j] = φ^|i − j|, all of it written out. */
function residualsOf(x: readonly number[], phi: number) {
  const n = x.length;
  const mean = x.reduce((sum, value) => sum + value, 0) / n;
  const centred = x.map((value) => value - mean);
  const square = centred.reduce((sum, value) => sum + value * value, 0);
  const errors = matrix(n, (i, j) => phi ** Math.abs(i - j));
  const left = matrix(n, (i, j) => (i === j ? 1 : 0) - 1 / n - (centred[i]! * centred[j]!) / square);
  const shift = matrix(n, (i, j) => (Math.abs(i - j) === 1 ? 0.5 : 0));
  const freedom = trace(times(left, errors));
  const lagOne = trace(times(left, times(shift, times(left, errors)))) / freedom;
  const slopeVariance = centred.reduce(
    (sum, a, i) => sum + centred.reduce((of, b, j) => of + a * b * errors[i]![j]!, 0),
    0,
  );
  return { centred, square, freedom, lagOne, inflation: slopeVariance / square };
}

function fitOf(centred: readonly number[], observed: number): MemoryFit {
  const n = centred.length;
  const x = memorySeries(Float64Array.from(centred));
  x.square = productSum(x.values, 0, x.values, 0, n);
  const mask = memorySeries(new Float64Array(n).fill(1));
  mask.square = n;
  for (const series of [x, mask]) measureMemory(series, n, 1);
  const fit = { phi: 0, freedom: 0, inflation: 0, steepness: 0 };
  fitMemory(observed, { mask, x }, fit);
  return fit;
}

const close = (value: number, truth: number, part: number): void =>
  ok(Math.abs(value / truth - 1) <= part, `${value} for ${truth}`);

for (const [phi, phiX] of [
  [0.5, 0.5],
  [0.8, 0],
  [0.8, 0.9],
] as const)
  test(`errors that remember ${phi} are told from what 60 residuals remember, x remembering ${phiX}`, () => {
    const truth = residualsOf(autoregressive(normals(17), { phi: phiX, length: 60 }), phi);
    ok(truth.lagOne < phi - 0.03, `${truth.lagOne}`);
    const fit = fitOf(truth.centred, truth.lagOne);
    // Between nodes lines stand for curves.
    close(fit.phi, phi, 0.01);
    close(fit.freedom, truth.freedom, 0.02);
    close(fit.inflation, truth.inflation, 0.02);
  });

for (const phi of [0.9, 0.95])
  test(`errors that remember ${phi}, a sixth of 60 points and more, are told to remember more, never less`, () => {
    const truth = residualsOf(autoregressive(normals(17), { phi, length: 60 }), phi);
    const fit = fitOf(truth.centred, truth.lagOne);
    ok(fit.phi >= phi && fit.freedom <= truth.freedom, `${fit.phi} ${fit.freedom} for ${truth.freedom}`);
  });

test('residuals that remember less than those of independent errors have errors that remember nothing', () => {
  const { centred, lagOne, freedom } = residualsOf(autoregressive(normals(3), { phi: 0.5, length: 40 }), 0);
  ok(lagOne < 0);
  const fit = fitOf(centred, lagOne - 0.1);
  ok(fit.phi === 0 && Math.abs(fit.freedom - 38) < 1e-9 && Math.abs(freedom - 38) < 1e-9);
});

test('whatever is seen, memory stays between 0 and 0.98 and something is left of the points', () => {
  const x = autoregressive(normals(5), { phi: 0.9, length: 12 });
  const { centred } = residualsOf(x, 0);
  for (const observed of [-1, -0.2, 0, 0.3, 0.8, 0.99, 1]) {
    const { phi, freedom, inflation } = fitOf(centred, observed);
    ok(
      phi >= 0 && phi <= 0.981 && freedom >= 1 && freedom <= 10 + 1e-9 && inflation > 0,
      `${observed}: ${phi} ${freedom}`,
    );
  }
});
