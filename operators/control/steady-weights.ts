import type { Weights } from '../../schemas/weight-state.ts';
import { limits } from './limits.ts';

/** A server of a pool and what one host of its generation and build is sure to bear. */
export interface ServerCapacity {
  readonly server: string;
  readonly generation: string;
  /** Lower bound of the 95 % interval of λ100, hits/s. */
  readonly hitsPerS: number;
}

/** Most of a pool's weight on one server; adapters refuse a quarter, and steps in whole numbers need room. */
const poolShareMax = 0.2;
const roundingRatio = 1e-9;

/**
 * Weights by capacity: 100 for one relative compute unit of the pool, `round(100 × lower bound of RCU)`. The reference
 * of the pool is its commonest generation (the first by name of several), with the mean lower bound over its servers,
 * so a deploy moves it by little. Where the largest would leave no room for a test, which doubles weights, all are
 * scaled down; one that would have over a fifth of the pool gets that fifth.
 */
export function capacityWeights(servers: readonly ServerCapacity[], weightMax: number): Weights {
  const reference = referenceHitsPerS(servers);
  const wanted = servers.map(({ hitsPerS }) => (100 * hitsPerS) / reference);
  const most = largestAllowed(wanted);
  const capped = wanted.map((weight) => Math.min(weight, most));
  const room = weightMax / limits.weightFactorMax;
  const scale = Math.min(1, room / Math.max(...capped));
  return new Map(servers.map(({ server }, at) => [server, Math.max(1, Math.round(capped[at]! * scale))]));
}

function referenceHitsPerS(servers: readonly ServerCapacity[]): number {
  const sums = new Map<string, { readonly servers: number; readonly hitsPerS: number }>();
  for (const { generation, hitsPerS } of servers) {
    const sum = sums.get(generation) ?? { servers: 0, hitsPerS: 0 };
    sums.set(generation, { servers: sum.servers + 1, hitsPerS: sum.hitsPerS + hitsPerS });
  }
  const [[, commonest]] = [...sums].sort(([a, x], [b, y]) => y.servers - x.servers || (a < b ? -1 : 1)) as [
    [string, { readonly servers: number; readonly hitsPerS: number }],
  ];
  return commonest.hitsPerS / commonest.servers;
}

/** Highest weight with which nobody has more than its share of the pool. In a pool of five or fewer all are equal. */
function largestAllowed(weights: readonly number[]): number {
  const falling = [...weights].sort((a, b) => b - a);
  let rest = falling.reduce((sum, weight) => sum + weight, 0);
  for (const [larger, weight] of falling.entries()) {
    const room = 1 - larger * poolShareMax;
    if (room <= roundingRatio) break;
    // The larger ones at this weight too, it is its share of the whole.
    const most = (poolShareMax * rest) / room;
    if (weight <= most * (1 + roundingRatio)) return most;
    rest -= weight;
  }
  return falling.at(-1)!;
}

/** True when every weight is within the dead band of where it belongs: measured capacities are not more exact. */
export const areNear = (standing: Weights, targets: Weights): boolean =>
  [...targets].every(([server, target]) => {
    const weight = standing.get(server) ?? 0;
    return Math.abs(target - weight) <= limits.steadyDeadBand * weight + roundingRatio;
  });

/**
 * One step towards the targets, in whole numbers: no weight changes by more than 5 %. A weight under 20 cannot change at
 * all then.
 */
export const stepTowards = (standing: Weights, targets: Weights): Weights =>
  new Map(
    [...standing].map(([server, weight]) => {
      const target = targets.get(server) ?? weight;
      const low = Math.ceil(weight * (1 - limits.steadyStepMax) - roundingRatio);
      const high = Math.floor(weight * (1 + limits.steadyStepMax) + roundingRatio);
      return [server, Math.min(Math.max(target, low), high)];
    }),
  );
