import { type CapacityEstimate, relativeHalfWidth } from './estimate-capacity.ts';

type Look = Pick<CapacityEstimate, 'lambda100' | 'lo' | 'hi' | 'highestContentionMs'>;

export interface SettledGiven {
  readonly estimate: Look | undefined;
  /** The estimate of the look before, at least ten seconds of data ago; undefined where that one had none. */
  readonly previous: Look | undefined;
  /** The load can go no further: then little contention is as much as there will be. */
  readonly cannotRise: boolean;
  readonly halfWidthMax: number;
  readonly contentionMsMin: number;
}

/**
 * Whether an estimate may be the answer of a load test. A rule that stops at the first narrow interval prefers those that
 * are narrow by luck, so two looks in a row must be narrow and each must hold the other's value.
 * Doubt about the bottleneck is in the interval already: an answer may leave it open (`notCpuProbability`).
 */
export function isSettled(given: SettledGiven): boolean {
  const { estimate, previous, cannotRise, halfWidthMax, contentionMsMin } = given;
  if (estimate === undefined || previous === undefined) return false;
  if (!cannotRise && estimate.highestContentionMs < contentionMsMin) return false;
  return [estimate, previous].every((look) => relativeHalfWidth(look) <= halfWidthMax) && agree(estimate, previous);
}

const agree = (a: Look, b: Look): boolean => holds(a, b.lambda100) && holds(b, a.lambda100);
const holds = ({ lo, hi }: Look, value: number): boolean => lo <= value && value <= hi;
