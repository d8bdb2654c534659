import { productSum } from './lagged-sums.ts';

/**
 * Autocorrelations φ of one step at which quadratic forms are known: 1 / (1 − φ), the steps that a series remembers, goes
 * up by equal factors from 1 to 50. Beyond 50 steps a window of 60 tells nothing.
 */
export const memoryNodes = Float64Array.from({ length: 12 }, (_, node) => 1 - 50 ** (-node / 11));

/** A column with zero where there is no point, and what is known of it. */
export interface MemorySeries {
  readonly values: Float64Array;
  readonly at: number;
  /** Σ v[i]² and Σ v[i] · v[i + 1]. */
  square: number;
  next: number;
  /** As a regressor of errors with φ, by node: p'Rp with p = v / |v| and R[i, j] = φ^|i − j|, and 2 p'ARp − p'Ap · p'Rp. */
  readonly inflations: Float64Array;
  readonly losses: Float64Array;
}

export const memorySeries = (values: Float64Array, at = 0): MemorySeries => {
  const byNode = (): Float64Array => new Float64Array(memoryNodes.length);
  return { values, at, square: 0, next: 0, inflations: byNode(), losses: byNode() };
};

/** Memory of errors, told from what least squares left of them. */
export interface MemoryFit {
  phi: number;
  /** Expected sum of squares of the residuals, in variances of the error: n − 2 without memory, less with it. */
  freedom: number;
  /** The variance of the slope over that under errors without memory, and its logarithmic derivative by φ. */
  inflation: number;
  steepness: number;
}

/**
 * The AR(1) of the errors under which the expected residuals have just the lag-1 autocorrelation that was seen. Residuals
 * remember less than errors do: the mean and the slope took the slow part with them, and over 60 points that remember 20
 * it is most of it. With M = I − P of the regressors p (the mean, and x if there is one) and A the mean of the shifts by
 * one step to either side, E[û'û] = tr MR and E[û'Aû] = tr MAMR are those of the errors less what each regressor takes.
 * 0 ≤ φ ≤ 0.98; between nodes the expected autocorrelation is a straight line. Regressors are shifted as if zeros lay beyond
 * their ends: up to a memory of a tenth of the points that changes φ by less than 0.01, beyond that φ comes out too great.
 *
 * `mask` is 1 where there is a point.
 */
export function fitMemory(
  observed: number,
  { mask, x }: { readonly mask: MemorySeries; readonly x: MemorySeries | undefined },
  into: MemoryFit,
): void {
  const n = mask.square;
  let lastInflation = x === undefined ? 0 : x.inflations[0]!;
  let lastFreedom = n - mask.inflations[0]! - lastInflation;
  let last = -(mask.losses[0]! + (x === undefined ? 0 : x.losses[0]!)) / lastFreedom;
  into.phi = 0;
  into.freedom = lastFreedom;
  into.inflation = lastInflation;
  into.steepness = x === undefined ? 0 : (2 * x.next) / x.square;
  if (observed <= last) return;
  for (let node = 1; node < memoryNodes.length; node++) {
    const phi = memoryNodes[node]!;
    const inflation = x === undefined ? 0 : x.inflations[node]!;
    const freedom = n - mask.inflations[node]! - inflation;
    if (freedom < 1) return;
    const lost = mask.losses[node]! + (x === undefined ? 0 : x.losses[node]!);
    const expected = (mask.next * phi - lost) / freedom;
    const reached = expected >= observed;
    const part = reached ? (observed - last) / (expected - last) : 1;
    const step = phi - memoryNodes[node - 1]!;
    into.phi = memoryNodes[node - 1]! + part * step;
    into.freedom = lastFreedom + part * (freedom - lastFreedom);
    into.inflation = lastInflation + part * (inflation - lastInflation);
    into.steepness = (inflation - lastInflation) / step / into.inflation;
    if (reached) return;
    last = expected;
    lastInflation = inflation;
    lastFreedom = freedom;
  }
}

/** Square, next, inflations and losses of a column. `filled` is the share of steps with a point. */
export function measureMemory(series: MemorySeries, length: number, filled: number): void {
  const { values, at, inflations, losses } = series;
  series.next = productSum(values, at, values, at + 1, length - 1);
  for (let node = 0; node < memoryNodes.length; node += 4) fourForms(values, at, length, { out: inflations, node });
  const next = series.next / series.square;
  for (let node = 0; node < memoryNodes.length; node++) {
    const phi = memoryNodes[node]!;
    inflations[node]! /= series.square;
    const inflation = inflations[node]!;
    // p'ARp, from p'Rp = 1 + 2 Σ φ^k p'(shift by k)p.
    const shifted = phi === 0 ? next : ((inflation - 1) / 2) * (1 / phi + phi) + phi;
    losses[node] = 2 * filled * shifted - next * inflation;
  }
}

/** v'Rv by the recursion s ← φ (s + v), no sum over lags, for four φ side by side: each waits for itself only. */
function fourForms(
  values: Float64Array,
  at: number,
  length: number,
  { out, node }: { out: Float64Array; node: number },
): void {
  const phi0 = memoryNodes[node]!;
  const phi1 = memoryNodes[node + 1]!;
  const phi2 = memoryNodes[node + 2]!;
  const phi3 = memoryNodes[node + 3]!;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let square = 0;
  for (let i = at; i < at + length; i++) {
    const value = values[i]!;
    square += value * value;
    sum0 += value * s0;
    sum1 += value * s1;
    sum2 += value * s2;
    sum3 += value * s3;
    s0 = phi0 * (s0 + value);
    s1 = phi1 * (s1 + value);
    s2 = phi2 * (s2 + value);
    s3 = phi3 * (s3 + value);
  }
  out[node] = square + 2 * sum0;
  out[node + 1] = square + 2 * sum1;
  out[node + 2] = square + 2 * sum2;
  out[node + 3] = square + 2 * sum3;
}
