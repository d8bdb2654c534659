import type { Weights } from '../../schemas/weight-state.ts';
import type { PoolState } from './driver.ts';

/** What an operator holds safe until a command says it: one weight for every server, or by server. */
export type FirstSafeWeights = number | Weights;

/**
 * Where an adapter returns to, for the servers that the pool has now: what a command named, else what the operator named,
 * else what the balancer's configuration says, else what stands there. A server that has come since is so left alone.
 *
 * A server that stands at 0 was drained by an operator, as no command has that weight: it stays there. For the same
 * reason 0 is no safe weight of a server that takes requests, whatever the configuration says.
 */
export const safeWeightsFor = (
  state: PoolState,
  kept: Weights | undefined,
  first: FirstSafeWeights | undefined,
): Weights =>
  new Map(
    [...state].map(([server, { weight, configuredWeight }]) => [
      server,
      weight === 0 ? 0 : kept?.get(server) || firstOf(first, server) || configuredWeight || weight,
    ]),
  );

const firstOf = (first: FirstSafeWeights | undefined, server: string): number | undefined =>
  typeof first === 'object' ? first.get(server) : first;

/** Safe weights that a command named, as they are kept: of a drained server what it had before, for when it is back. */
export const safeWeightsToKeep = (commanded: Weights, kept: Weights | undefined): Weights =>
  new Map(
    [...commanded].flatMap(([server, weight]): [string, number][] => {
      const weightToKeep = weight === 0 ? kept?.get(server) : weight;
      return weightToKeep === undefined ? [] : [[server, weightToKeep]];
    }),
  );
