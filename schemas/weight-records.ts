/**
 * Messages between the load-test controller and the adapters of load balancers: `loadbalancer.control.v1`,
 * `loadbalancer.applied.v1`, `loadbalancer.killswitch.v1`. Which command an adapter
 * accepts is in `sinks/loadbalancer/acceptance.ts`.
 */

/** `revert`: the adapter writes its own safe weights. `freeze`: the weights stay as they are; only the time is renewed. */
export type WeightMode = 'steady' | 'test' | 'revert' | 'freeze';

export const weightModes: readonly WeightMode[] = ['steady', 'test', 'revert', 'freeze'];

/** Absolute weight of one server, a whole number from 0 to 256; 100 stands for one relative compute unit. */
export interface ServerWeight {
  readonly server: string;
  readonly weight: number;
}

export interface CommandedWeight extends ServerWeight {
  /** What the controller last saw. */
  readonly previous: number | undefined;
}

/** Estimate that a command stands on; loads in requests/s. */
export interface WeightEvidence {
  readonly lambda100: number;
  readonly lo: number;
  readonly hi: number;
  readonly contentionMs: number;
  readonly model: string;
}

/** The whole desired state of one pool for a short time, never a change of it. */
export interface WeightCommand {
  readonly commandId: string;
  readonly pool: string;
  readonly tier: string;
  /** Fencing epoch of the controller's task, then its number within the epoch: newer = higher (epoch, seq). */
  readonly epoch: number;
  readonly seq: number;
  /** By the controller's clock, ms since 1970. For people: nothing is decided by it. */
  readonly issuedAt: number;
  /** From the append to the log on. */
  readonly ttlMs: number;
  /** A `WeightMode`; another word is refused by the adapter. */
  readonly mode: string;
  readonly runId: string | undefined;
  /** Every server of the pool, once. Not looked at in modes revert and freeze. */
  readonly weights: readonly CommandedWeight[];
  /** What the adapter returns to by itself; empty keeps what it has. */
  readonly safeWeights: readonly ServerWeight[];
  /** `stateHashOf` the weights last seen observed. Not looked at in mode revert. */
  readonly expectStateHash: string;
  readonly reason: string;
  readonly evidence: WeightEvidence | undefined;
  /** Checked and reported, never written to the balancer. */
  readonly dryRun: boolean;
}

/** Why an adapter refused a command. */
export type RejectedWhy =
  /** Older than the highest (epoch, seq) seen, or that one was lost with a damaged disk a moment ago. */
  | 'fenced'
  | 'expired'
  /** The hash is not that of the weights that the balancer has now. */
  | 'state'
  /** Largest share, bounds of a weight, longest time to live, too few healthy servers. */
  | 'rails'
  /** Not every server of the pool exactly once. */
  | 'servers'
  | 'killed'
  /** The state of the kill switch has not been known for 5 s: nothing but moves towards safe. */
  | 'kill_unknown'
  /** The adapter is on its way back to safe weights. */
  | 'reverting'
  /** An unknown mode, or one that this kind of balancer cannot serve. */
  | 'mode'
  /** This kind of balancer changes less often. */
  | 'rate'
  /** (epoch, seq) could not be kept on disk. */
  | 'disk'
  /** The balancer does not answer. */
  | 'balancer'
  | 'stopping';

/** Why an adapter went back to safe weights by itself. */
export type RevertedWhy =
  /** No command renewed the last one in time: the controller, the log or the way between them is away. */
  | 'expired'
  | 'killed'
  /** The adapter has started; what was before it is not known to be alive. */
  | 'restart'
  /** A read-back was not what had been written. */
  | 'mismatch'
  | 'stopped';

export type WeightStatus =
  | 'observed'
  | 'applied'
  | 'dry_run'
  | 'duplicate'
  | 'readback_mismatch'
  | `rejected_${RejectedWhy}`
  | `reverted_${RevertedWhy}`;

/** What an adapter did with a command, did by itself, or observed. */
export interface WeightApplied {
  readonly adapter: string;
  readonly pool: string;
  readonly tier: string;
  /** By the adapter's clock, ms since 1970. */
  readonly at: number;
  /** A `WeightStatus`; later versions may know more. */
  readonly status: string;
  readonly reason: string;
  /** Of a revert and of `observed`: the command that was live or last written. */
  readonly commandId: string | undefined;
  readonly runId: string | undefined;
  readonly epoch: number;
  readonly seq: number;
  /** Empty when the balancer did not answer. */
  readonly before: readonly ServerWeight[];
  /** What was wanted; the weights before when nothing was to change. */
  readonly after: readonly ServerWeight[];
  /** Empty when the balancer did not answer. */
  readonly readback: readonly ServerWeight[];
  /** `stateHashOf(readback)`, what the next command has to expect; '' when they are unknown. */
  readonly stateHash: string;
  /** From the receipt of the command, or the begin of the own action, to the read-back. */
  readonly latencyMs: number;
}

/** Stops every change of weights within a scope but those towards safe. The newest of a scope counts. */
export interface KillSwitch {
  /** `all`, `tier:NAME` or `pool:NAME`. */
  readonly scope: string;
  readonly engaged: boolean;
  /** ms since 1970. */
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}

/** True when a kill switch of this scope stops the pool. */
export const killScopeCovers = (scope: string, { pool, tier }: { readonly pool: string; readonly tier: string }) =>
  scope === 'all' || scope === `pool:${pool}` || scope === `tier:${tier}`;
