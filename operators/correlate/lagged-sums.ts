/** Zeros that a column needs after its end: sums at lags go beyond it. */
export const paddedSteps = 8;

/** Σ a[i] · b[i + lag] for lags 1 to 5 of two columns with zeros after their ends; b passes through registers. */
export function fiveLaggedSums(
  a: { readonly values: Float64Array; readonly at: number },
  b: { readonly values: Float64Array; readonly at: number },
  length: number,
  out: Float64Array,
): void {
  const aValues = a.values;
  const bValues = b.values;
  const aAt = a.at;
  const bAt = b.at + 5;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sum4 = 0;
  let sum5 = 0;
  let b1 = bValues[bAt - 4]!;
  let b2 = bValues[bAt - 3]!;
  let b3 = bValues[bAt - 2]!;
  let b4 = bValues[bAt - 1]!;
  for (let i = 0; i < length; i++) {
    const value = aValues[aAt + i]!;
    const b5 = bValues[bAt + i]!;
    sum1 += value * b1;
    sum2 += value * b2;
    sum3 += value * b3;
    sum4 += value * b4;
    sum5 += value * b5;
    b1 = b2;
    b2 = b3;
    b3 = b4;
    b4 = b5;
  }
  out[0] = sum1;
  out[1] = sum2;
  out[2] = sum3;
  out[3] = sum4;
  out[4] = sum5;
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
