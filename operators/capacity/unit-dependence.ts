import { type ContentionCurve, relaxationS } from './contention-curve.ts';

/**
 * A small panel is cut into units of every n-th this many seconds, so that there are enough of them to see how much they
 * differ.
 */
export const unitBlockS = 10;

/** Waits forget within so much of a queue's relaxation time (simulated NHM and SNB: acf 0.77 and 0.86 after a second). */
const forgottenWithin = 0.65;

export interface UnitDependenceGiven {
  readonly units: number;
  readonly hosts: number;
  readonly curve: ContentionCurve;
  /** The highest load: there waits hang together longest. */
  readonly hitsPerS: number;
}

/**
 * By how much the standard error between units is too small where several units are of one host, whose successive blocks
 * hang together: √((1 + 2ρ) / (1 − 2ρ / (n − 1))), ρ being the correlation of adjacent means where memory fades
 * exponentially. 1 where each unit is a host.
 */
export function dependenceFactor({ units, hosts, curve, hitsPerS }: UnitDependenceGiven): number {
  if (units <= hosts) return 1;
  const blocks = unitBlockS / (forgottenWithin * relaxationS(hitsPerS, curve.saturationHitsPerS));
  const forgotten = 1 - Math.exp(-blocks);
  const adjacent = forgotten ** 2 / 2 / (blocks - forgotten);
  return Math.sqrt((1 + 2 * adjacent) / (1 - (2 * adjacent) / (units - 1)));
}
