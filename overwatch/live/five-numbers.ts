import type { FiveNumbers } from '../api-types.ts';

/**
 * p5, p25, p50, p75 and p95 of the finite values, linear between neighbours: what ClickHouse's
 * quantileExactInclusive gives, so that a bar and a query agree. `undefined` when there is no value.
 */
export function fiveNumbers(values: readonly number[] | Float64Array): FiveNumbers | undefined {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  if (sorted.length === 0) return undefined;
  return {
    p5: quantile(sorted, 0.05),
    p25: quantile(sorted, 0.25),
    p50: quantile(sorted, 0.5),
    p75: quantile(sorted, 0.75),
    p95: quantile(sorted, 0.95),
  };
}

function quantile(sorted: Float64Array, ratio: number): number {
  const rank = ratio * (sorted.length - 1);
  const below = Math.floor(rank);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (high - low) * (rank - below);
}
