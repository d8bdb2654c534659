import type { Weights } from '../../schemas/weight-state.ts';
import type { PoolState } from './driver.ts';

/**
 * Where an adapter returns to, for the servers that the pool has now: what commands or options named, else what the
 * balancer's configuration says, else what stands there. A server that has come since is so left alone.
 */
export const safeWeightsFor = (state: PoolState, kept: Weights | undefined): Weights =>
  new Map(
    [...state].map(([server, { weight, configuredWeight }]) => [
      server,
      kept?.get(server) ?? configuredWeight ?? weight,
    ]),
  );
