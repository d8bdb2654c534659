/**
 * Autocorrelations φ of one step at which quadratic forms are known: 1 / (1 − φ), the steps that a series remembers, goes
 * up by equal factors from 1 to 50. Beyond 50 steps a window of 60 tells nothing.
 */
export const memoryNodes = Float64Array.from({ length: 12 }, (_, node) => 1 - 50 ** (-node / 11));

/** A column with zero where there is no point, and what is known of it. */
export interface MemorySeries {
  values: Float64Array;
  at: number;
  /** Σ v[i]² and Σ v[i] · v[i + 1]. */
  square: number;
  next: number;
  /** Σ_i Σ_j φ^|i − j| v[i] v[j] by node of φ. */
  readonly forms: Float64Array;
}

/** Memory of residuals, told from what least squares left of them. */
export interface MemoryFit {
  phi: number;
  /** Expected sum of squares of the residuals, in variances of the error: n − 2 without memory, less with it. */
  freedom: number;
  /** x'Rx / x'x with R[i, j] = φ^|i − j|: the variance of the slope over that under errors without memory. */
  inflation: number;
  /** Its logarithmic derivative by φ. */
  steepness: number;
}

/**
 * The AR(1) of the errors under which the expected residuals have just the lag-1 autocorrelation that was seen. Residuals
 * remember less than errors do: the mean and the slope took the slow part with them, and over 60 points that remember 20 s
 * it is most of it. With M = I − P of the regressors p (the mean, and x if there is one) and A the mean of the shifts by
 * one step to either side, E[û'û] = tr MR and E[û'Aû] = tr MAMR are, per regressor, p'Rp, p'ARp and p'Ap · p'Rp; all of
 * them follow from p'Rp, which `forms` has. 0 ≤ φ ≤ 0.98; between nodes the expected autocorrelation is a straight line.
 *
 * `mask` is 1 where both series have a value; `filled` is the share of steps where they do.
 */
export function fitMemory(observed: number, { mask, filled, x }: Regressors, into: MemoryFit): void {
  const regressors = { mask, filled, x };
  let last = expectedAt(0, regressors);
  into.phi = 0;
  into.freedom = last.freedom;
  into.inflation = last.inflation;
  into.steepness = x === undefined ? 0 : (2 * x.next) / x.square;
  if (observed <= last.lagOne) return;
  for (let node = 1; node < memoryNodes.length; node++) {
    const next = expectedAt(node, regressors);
    if (next.freedom < 1) return;
    const reached = next.lagOne >= observed;
    const part = reached ? (observed - last.lagOne) / (next.lagOne - last.lagOne) : 1;
    const step = memoryNodes[node]! - memoryNodes[node - 1]!;
    into.phi = memoryNodes[node - 1]! + part * step;
    into.freedom = last.freedom + part * (next.freedom - last.freedom);
    into.inflation = last.inflation + part * (next.inflation - last.inflation);
    into.steepness = (next.inflation - last.inflation) / step / into.inflation;
    if (reached) return;
    last = next;
  }
}

interface Regressors {
  readonly mask: MemorySeries;
  readonly filled: number;
  readonly x: MemorySeries | undefined;
}

/** What errors of this memory would leave as residuals: sum of squares and autocorrelation. */
function expectedAt(node: number, { mask, filled, x }: Regressors) {
  const phi = memoryNodes[node]!;
  const n = mask.square;
  const mean = mask.forms[node]! / n;
  const inflation = x === undefined ? 0 : x.forms[node]! / x.square;
  const freedom = n - mean - inflation;
  const ofMean = lost(phi, mean, { next: mask.next / n, filled });
  const ofX = x === undefined ? 0 : lost(phi, inflation, { next: x.next / x.square, filled });
  return { freedom, inflation, lagOne: (mask.next * phi - ofMean - ofX) / freedom };
}

/** What one regressor takes from E[û'Aû]: 2 p'ARp − p'Ap · p'Rp, p'ARp from p'Rp = 1 + 2 Σ φ^k p'(shift by k)p. */
function lost(phi: number, form: number, { next, filled }: { next: number; filled: number }): number {
  const shifted = phi === 0 ? next : ((form - 1) / 2) * (1 / phi + phi) + phi;
  return 2 * filled * shifted - next * form;
}

/** All twelve forms of a column, by the recursion s ← φ (s + v): no sum over lags, and each lag counts. */
export function quadraticForms(values: Float64Array, at: number, length: number, out: Float64Array): void {
  for (let node = 0; node < memoryNodes.length; node += 4) fourForms(values, at, length, { out, node });
}

/** Four recursions side by side: each waits for itself only. */
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
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
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
