import type { Dwell } from './dwell.ts';
import { type CapacityEstimate, estimateCapacity, relativeHalfWidth } from './estimate-capacity.ts';

/** A wider interval says nothing that the table of server types does not. */
const halfWidthMax = 0.1;
/** Levels of load behind it: two coefficients of the curve, two of the line of the CPUs, and something left. */
const levelsMin = 6;

/**
 * Capacity by natural traffic alone, where its interval means something: at least six levels of load and a 95 % interval
 * of at most ±10 %; undefined else. Where hits never waited for 60 ms it lies beyond the measured (`extrapolated`) and
 * rests on the slope of CPU time and the first milliseconds of waiting: never an answer of a load test. How good it is:
 * docs/load-tests.md.
 */
export function naturalCapacity(given: {
  readonly dwells: readonly Dwell[];
  readonly servers: number;
}): CapacityEstimate | undefined {
  if (given.dwells.length < levelsMin) return undefined;
  const beyond = estimateCapacity({ ...given, littleContention: true });
  const estimate = beyond === undefined || beyond.extrapolated ? beyond : estimateCapacity(given);
  return estimate !== undefined && relativeHalfWidth(estimate) <= halfWidthMax ? estimate : undefined;
}
