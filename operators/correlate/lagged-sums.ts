const kernelLags = 5;

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
