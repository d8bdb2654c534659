import type { Dwell } from './dwell.ts';
import { type CapacityEstimate, estimateCapacity, relativeHalfWidth } from './estimate-capacity.ts';

/** A wider interval says nothing that the table of server types does not. */
const halfWidthMax = 0.1;
/** Levels of load behind it: two coefficients of the curve, two of the line of the CPUs, and something left. */
const levelsMin = 6;

/**
 * Capacity by natural traffic alone, where its interval means something: at least six levels of load, a 95 % interval of
 * at most ±10 %, and not from latencies alone unless they were seen up to 60 ms: below, the saturation of such a curve is
 * chance (measured in docs/load-tests.md). undefined else. Never an answer of a load test: it lies beyond the measured.
 */
export function naturalCapacity(given: {
  readonly dwells: readonly Dwell[];
  readonly servers: number;
}): CapacityEstimate | undefined {
  if (given.dwells.length < levelsMin) return undefined;
  const estimate = estimateCapacity(given);
  if (estimate === undefined || !(relativeHalfWidth(estimate) <= halfWidthMax)) return undefined;
  return estimate.model === 'latency' && estimate.extrapolated ? undefined : estimate;
}
