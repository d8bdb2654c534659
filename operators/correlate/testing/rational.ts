/**
 * Moments of doubles without any rounding: each value is a whole number of 2⁻⁶⁰ (exact down to that), sums are BigInt,
 * and only the last quotient becomes a double.
 */
export function rationalMoments(xs: readonly number[], ys: readonly number[]) {
  const n = BigInt(xs.length);
  const x = xs.map(scaled);
  const y = ys.map(scaled);
  // n · Σ(x − mean)² = n · Σx² − (Σx)², exactly.
  const centred = (a: readonly bigint[], b: readonly bigint[]): bigint =>
    n * a.reduce((sum, value, i) => sum + value * b[i]!, 0n) - total(a) * total(b);
  const sxx = centred(x, x);
  const syy = centred(y, y);
  const sxy = centred(x, y);
  const freedom = n * (n - 1n);
  const r2 = quotient(sxy * sxy, sxx * syy);
  return {
    sxx: quotient(sxx, n << (2n * bits)),
    slope: quotient(sxy, sxx),
    r: Math.sign(Number(sxy)) * Math.sqrt(r2),
    sd_x: Math.sqrt(quotient(sxx, freedom << (2n * bits))),
    sd_y: Math.sqrt(quotient(syy, freedom << (2n * bits))),
    residual_sd: Math.sqrt(quotient(sxx * syy - sxy * sxy, (sxx * n * (n - 2n)) << (2n * bits))),
  };
}

const bits = 60n;

const total = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

function scaled(value: number): bigint {
  const whole = Math.trunc(value);
  return (BigInt(whole) << bits) + BigInt((value - whole) * 2 ** Number(bits));
}

/** To 2⁻²⁰⁰ and then to the nearest double. */
function quotient(above: bigint, below: bigint): number {
  return Number((above << 200n) / below) / 2 ** 200;
}
