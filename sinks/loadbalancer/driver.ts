import type { WeightMode } from '../../schemas/weight-records.ts';
import type { Weights } from '../../schemas/weight-state.ts';

/** One server of a pool as its balancer has it now. */
export interface PoolServer {
  readonly weight: number;
  /** What the balancer's own configuration says; undefined where it cannot be told. */
  readonly configuredWeight: number | undefined;
  /** undefined where this kind of balancer does not tell. */
  readonly healthy: boolean | undefined;
}

/** By server name. */
export type PoolState = ReadonlyMap<string, PoolServer>;

/** What this kind of balancer can do. */
export interface DriverLimits {
  readonly modes: readonly WeightMode[];
  readonly weightMin: number;
  readonly weightMax: number;
  /** Between two commanded changes; reverts do not wait. 0 = as often as wanted. */
  readonly changeEveryMs: number;
}

/** One pool of one load balancer. Every call settles within about two seconds: expiry waits behind it. */
export interface BalancerDriver {
  /** Of messages and reports: `haproxy`, `template`, … */
  readonly kind: string;
  readonly limits: DriverLimits;
  /**
   * Of the last read, a sentence: why the balancer may use other weights than those that were read. undefined = it said
   * them itself. Reports carry it.
   */
  readonly doubt: string | undefined;
  /** Rejects when the balancer does not answer, or answers what is not understood. */
  read(): Promise<PoolState>;
  /**
   * Sets every weight of the pool. A rejection says nothing about what was done (the answer may have been lost): the
   * caller reads back. `version` names the command for balancers that label their configuration.
   */
  write(weights: Weights, version: string): Promise<void>;
  close(): Promise<void>;
}

export const weightsOfState = (state: PoolState): Weights =>
  new Map([...state].map(([server, { weight }]) => [server, weight]));
