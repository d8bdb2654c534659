import type { Weights } from '../../schemas/weight-state.ts';
import type { PoolState } from './driver.ts';

/** What this adapter never lets a command do, whatever the controller says. */
export interface Rails {
  readonly weightMin: number;
  readonly weightMax: number;
  /** Largest part of a pool's weight that one server may have. */
  readonly largestShareRatio: number;
  /** Largest part of a pool's weight against the part that the server has under safe weights. */
  readonly shareOverSafeMax: number;
  /** Least part of the pool's servers that must be healthy; not looked at where the balancer does not tell. */
  readonly minHealthyRatio: number;
  /** Longest time to live of a command. */
  readonly ttlMsMax: number;
  /** Longest time from the decision to move load to its append to the log. */
  readonly heldMsMax: number;
}

/**
 * `weightMax` is HAProxy's limit, 0 is left to operators (a drained server is their word); twice the safe share and nine
 * tenths healthy are the rails of live load tests; a quarter of a pool on one server needs an owner who says so. After 5 s without telemetry a controller would have ended its
 * test, so a raise that was decided longer ago stands on nothing.
 */
export const defaultRails: Rails = {
  weightMin: 1,
  weightMax: 256,
  largestShareRatio: 0.25,
  shareOverSafeMax: 2,
  minHealthyRatio: 0.9,
  ttlMsMax: 10_000,
  heldMsMax: 5_000,
};

/** Parts of a whole are compared with this much room for rounding. */
const roundingRatio = 1e-9;

const total = (weights: Weights): number => [...weights.values()].reduce((sum, weight) => sum + weight, 0);

/** Part of the pool's weight; 0 in a pool whose weights are all 0. */
export function sharesOf(weights: Weights): ReadonlyMap<string, number> {
  const sum = total(weights);
  return new Map([...weights].map(([server, weight]) => [server, sum === 0 ? 0 : weight / sum]));
}

/** The bound that a weight breaks, a sentence; undefined = none. */
export function outOfBounds(weights: Weights, bounds: Pick<Rails, 'weightMin' | 'weightMax'>): string | undefined {
  for (const [server, weight] of weights) {
    if (Number.isInteger(weight) && weight >= bounds.weightMin && weight <= bounds.weightMax) continue;
    return `The weight ${weight} of ${server} is not a whole number from ${bounds.weightMin} to ${bounds.weightMax}`;
  }
  return undefined;
}

/** The drained server that would not stay at 0, a sentence; undefined = none. */
export function movesDrained(state: PoolState, wanted: Weights): string | undefined {
  const moved = [...wanted].find(([server, weight]) => isDrained(state, server) && weight !== 0);
  if (moved === undefined) return undefined;
  const [server, weight] = moved;
  return `${server} has weight 0: an operator drained it, so it has to stay at 0 and cannot have ${weight}`;
}

/** Those of servers that take requests. */
export const withoutDrained = (state: PoolState, weights: Weights): Weights =>
  new Map([...weights].filter(([server]) => !isDrained(state, server)));

const isDrained = (state: PoolState, server: string): boolean => state.get(server)?.weight === 0;

/** The share that is too large, a sentence; undefined = none. */
export function shareTooLarge(wanted: Weights, safe: Weights, rails: Rails): string | undefined {
  const safeShares = sharesOf(safe);
  for (const [server, share] of sharesOf(wanted)) {
    if (share > rails.largestShareRatio + roundingRatio)
      return `${server} would have ${percent(share)} of the pool's weight, at most ${percent(rails.largestShareRatio)} is allowed`;
    const most = (safeShares.get(server) ?? 0) * rails.shareOverSafeMax;
    if (share > most + roundingRatio)
      return `${server} would have ${percent(share)} of the pool's weight, at most ${percent(most)} is allowed (${rails.shareOverSafeMax} times its safe share)`;
  }
  return undefined;
}

/** What is wrong with the pool's health, a sentence; undefined = nothing that the balancer tells. */
export function tooFewHealthy(state: PoolState, minHealthyRatio: number): string | undefined {
  const told = [...state.values()].filter(({ healthy }) => healthy !== undefined);
  const healthy = told.filter((server) => server.healthy).length;
  if (told.length === 0 || healthy >= minHealthyRatio * told.length - roundingRatio) return undefined;
  return `${healthy} of ${told.length} servers are healthy, at least ${percent(minHealthyRatio)} are needed`;
}

/**
 * True when every server's weight, and its part of the pool's weight, ends between where it is and where safe is, and
 * something moves or all is safe already. Parts too: lowering one server alone raises the others.
 */
export function movesTowardsSafe(current: Weights, wanted: Weights, safe: Weights): boolean {
  const between = (from: Weights, at: Weights, to: Weights): boolean =>
    [...at].every(([server, value]) => {
      const [a, b] = [from.get(server) ?? 0, to.get(server) ?? 0];
      return value >= Math.min(a, b) - roundingRatio && value <= Math.max(a, b) + roundingRatio;
    });
  const stands = [...wanted].every(([server, weight]) => current.get(server) === weight);
  const isSafe = [...wanted].every(([server, weight]) => safe.get(server) === weight);
  if (stands || isSafe) return isSafe;
  return between(current, wanted, safe) && between(sharesOf(current), sharesOf(wanted), sharesOf(safe));
}

const percent = (ratio: number): string => `${Math.round(ratio * 1_000) / 10} %`;
