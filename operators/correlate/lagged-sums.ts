/** Lags from 1 to this are measured each. */
const eachLagMax = 10;
/** Longer ones between sums of so many successive points. */
const blockPoints = 4;
const kernelLags = 5;

/**
 * Lags at which an autocorrelation is measured, and how many lags each stands for: 1 to 10, then 12, 16, 24, 32, 48 …
 * and the largest multiple of 4. Between two of them the product of autocorrelations is taken as a straight line, and
 * from 12 on a lag is measured between sums of 4 points, which averages it with its neighbours: a sum over 720 lags costs
 * little more than one over 10.
 */
export class Lags {
  count = 0;
  readonly lags: Int32Array;
  readonly weights: Float64Array;
  readonly #blocks: Float64Array;

  constructor(lengthMax: number) {
    const countMax = eachLagMax + 2 * Math.ceil(Math.log2(Math.max(2, lengthMax)));
    this.lags = new Int32Array(countMax);
    this.weights = new Float64Array(countMax);
    this.#blocks = new Float64Array(Math.ceil(lengthMax / blockPoints));
  }

  /** None for a largest lag below 1. */
  through(largestWanted: number): void {
    const { lags, weights } = this;
    const long = Math.floor(largestWanted / blockPoints) * blockPoints;
    const largest = long > eachLagMax ? long : Math.min(largestWanted, eachLagMax);
    let count = 0;
    for (let lag = 1; lag <= Math.min(largest, eachLagMax); lag++) lags[count++] = lag;
    for (let power = 8; power < largest; power *= 2) {
      if (power * 1.5 <= largest) lags[count++] = power * 1.5;
      if (power * 2 <= largest) lags[count++] = power * 2;
    }
    if (count > 0 && lags[count - 1]! < largest) lags[count++] = largest;
    for (let k = 0; k < count; k++) {
      const here = lags[k]!;
      const before = k === 0 ? here - 1 : lags[k - 1]!;
      const after = k === count - 1 ? here + 1 : lags[k + 1]!;
      // Itself, and half of the lags between it and each neighbour.
      weights[k] = 1 + (here - before - 1) / 2 + (after - here - 1) / 2;
    }
    this.count = count;
  }

  /** Σ v[i] · v[i + lag] of a column for each lag, into `out`. */
  sums(values: Float64Array, at: number, length: number, out: Float64Array): void {
    for (let lag = 1; lag <= eachLagMax && lag <= this.lags[this.count - 1]!; lag += kernelLags)
      laggedSums(values, at, values, at, { length, lag, out, outAt: lag - 1 });
    if (this.count <= eachLagMax) return;
    const blocks = this.#sumBlocks(values, at, length);
    for (let k = eachLagMax; k < this.count; k++) {
      const lag = this.lags[k]! / blockPoints;
      // A pair of blocks holds 4 · 4 products, of which 4 are what one lag has.
      out[k] = productSum(this.#blocks, 0, this.#blocks, lag, blocks - lag) / blockPoints;
    }
  }

  /** What `sums` gives for a column of ones. */
  counts(length: number, out: Float64Array): void {
    for (let k = 0; k < this.count; k++)
      out[k] = (k < eachLagMax ? length : Math.floor(length / blockPoints) * blockPoints) - this.lags[k]!;
  }

  #sumBlocks(values: Float64Array, at: number, length: number): number {
    const blocks = Math.floor(length / blockPoints);
    for (let block = 0, i = at; block < blocks; block++, i += blockPoints)
      this.#blocks[block] = values[i]! + values[i + 1]! + (values[i + 2]! + values[i + 3]!);
    return blocks;
  }
}

/** Σ a[i] · b[i + lag] within two columns, for five lags from `lag` on; the values of b pass through registers. */
export function laggedSums(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  to: { readonly length: number; readonly lag: number; readonly out: Float64Array; readonly outAt: number },
): void {
  const { length, lag, out, outAt } = to;
  const all = Math.max(0, length - lag - (kernelLags - 1));
  const shifted = bAt + lag;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sum4 = 0;
  if (all > 0) {
    let b0 = b[shifted]!;
    let b1 = b[shifted + 1]!;
    let b2 = b[shifted + 2]!;
    let b3 = b[shifted + 3]!;
    for (let i = 0; i < all; i++) {
      const value = a[aAt + i]!;
      const b4 = b[shifted + i + 4]!;
      sum0 += value * b0;
      sum1 += value * b1;
      sum2 += value * b2;
      sum3 += value * b3;
      sum4 += value * b4;
      b0 = b1;
      b1 = b2;
      b2 = b3;
      b3 = b4;
    }
  }
  // At the end the shorter lags have a few more.
  out[outAt] = sum0 + productSum(a, aAt + all, b, shifted + all, length - lag - all);
  out[outAt + 1] = sum1 + productSum(a, aAt + all, b, shifted + 1 + all, length - lag - 1 - all);
  out[outAt + 2] = sum2 + productSum(a, aAt + all, b, shifted + 2 + all, length - lag - 2 - all);
  out[outAt + 3] = sum3 + productSum(a, aAt + all, b, shifted + 3 + all, length - lag - 3 - all);
  out[outAt + 4] = sum4;
}

/** Σ a[aAt + i] · b[bAt + i]; four sums side by side, which the processor adds at once. */
export function productSum(a: Float64Array, aAt: number, b: Float64Array, bAt: number, count: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = 0;
  for (; i + 3 < count; i += 4) {
    sum0 += a[aAt + i]! * b[bAt + i]!;
    sum1 += a[aAt + i + 1]! * b[bAt + i + 1]!;
    sum2 += a[aAt + i + 2]! * b[bAt + i + 2]!;
    sum3 += a[aAt + i + 3]! * b[bAt + i + 3]!;
  }
  for (; i < count; i++) sum0 += a[aAt + i]! * b[bAt + i]!;
  return sum0 + sum1 + (sum2 + sum3);
}
