import { Random } from '../../../base/testing/random.ts';

/** Seeded normal deviates (Box and Muller). */
export function normals(seed: number): () => number {
  const random = new Random(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** z[t] = phi · z[t − 1] + noise of variance 1, from its stationary distribution. */
export function autoregressive(next: () => number, options: { phi: number; length: number }): number[] {
  const { phi, length } = options;
  const series = [next() / Math.sqrt(1 - phi * phi)];
  while (series.length < length) series.push(phi * series.at(-1)! + next());
  return series;
}

/** The offline computation: plain two-pass loops over the points with both values. */
export function twoPass(xs: readonly number[], ys: readonly number[]) {
  const both = xs.flatMap((x, i) => (Number.isFinite(x) && Number.isFinite(ys[i]!) ? [[x, ys[i]!] as const] : []));
  const n = both.length;
  const meanX = both.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = both.reduce((sum, [, y]) => sum + y, 0) / n;
  let sxx = 0;
  let syy = 0;
  let sxy = 0;
  for (const [x, y] of both) {
    sxx += (x - meanX) ** 2;
    syy += (y - meanY) ** 2;
    sxy += (x - meanX) * (y - meanY);
  }
  return { n, meanX, meanY, sxx, syy, sxy };
}
