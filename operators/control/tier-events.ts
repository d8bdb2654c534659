import type { DisturbanceTold } from '../../schemas/load-test-records.ts';
import type { ServerWeight } from '../../schemas/weight-records.ts';
import type { LoadSecond } from '../capacity/dwell.ts';
import type { NeighbourTest } from './neighbour-tests.ts';

/** One second of one host of the panel. */
export interface HostSecond extends LoadSecond {
  readonly host: string;
  /** End of the second. A row that is not of the second it came with is not evidence. */
  readonly timeMs: number;
  readonly p95Ms: number | undefined;
  readonly errorsPerS: number;
  readonly generation: string;
  readonly build: string;
  readonly logicalCpus: number;
  readonly uptimeS: number;
}

/** One second of all other hosts: sums of rates, means over hosts or hits. */
export interface RestSecond {
  /** Of the tier. */
  readonly hosts: number;
  readonly healthyHosts: number;
  readonly staleHosts: number;
  /** Of the pool that is steered, as is everything below: who takes the traffic of the panel when it dies. */
  readonly poolHosts: number;
  readonly hitsPerS: number;
  readonly durationMs: number | undefined;
  readonly busyRatio: number;
  readonly errorsPerS: number;
}

/** What is to be tested: decided by the scheduler, or by somebody who starts a test. */
export interface TestRequest {
  readonly runId: string;
  readonly tier: string;
  readonly pool: string;
  readonly generation: string;
  readonly build: string;
  readonly panel: readonly string[];
  /** The panel's servers in the pool, in the order of its hosts, with their weights between tests. */
  readonly safeWeights: readonly ServerWeight[];
  readonly tierHosts: number;
  readonly generationHosts: number;
  readonly slo: { readonly p95Ms: number; readonly errorRatio: number };
  /** Highest weight that the load balancer takes: 256 for HAProxy. */
  readonly weightMax: number;
  /** Highest share of the tier's hosts that may be on the panel. */
  readonly largestShare: number;
  /** No test for so long after a deploy, a reload, a failover or a test next door. */
  readonly bakeS: number;
  /** Tiers whose tests would disturb this one. */
  readonly neighbours: readonly string[];
  /** Only rehearsed: it is said what would be done, no load moves. */
  readonly dryRun: boolean;
}

/** Weights of a pool between tests. */
export interface SteadyOrder {
  readonly tier: string;
  readonly pool: string;
  /** `revert`: those that the adapter has for safe, whatever they are. */
  readonly mode: 'steady' | 'revert';
  /** Every server of the pool, the new safe weights too; none for revert. */
  readonly weights: readonly ServerWeight[];
  readonly dryRun: boolean;
  readonly reason: string;
}

/**
 * Everything that a controller hears, in the order of the log. `second` is event time, complete: no row of it can come
 * any more. `tick` is the wall clock, about once a second; only in answer to it does the controller command anything.
 */
export type TierEvent =
  | {
      readonly kind: 'second';
      readonly timeMs: number;
      /** False while a backlog is read: then only the estimator runs. */
      readonly live: boolean;
      readonly panel: readonly HostSecond[];
      readonly rest: RestSecond;
    }
  | {
      readonly kind: 'tick';
      readonly wallMs: number;
      readonly monotonicMs: number;
      /** Newest append time of the broker, for the difference of clocks; undefined when unknown. */
      readonly brokerMs: number | undefined;
    }
  | {
      readonly kind: 'applied';
      readonly epoch: number;
      readonly seq: number;
      /** A `WeightStatus`; one that is not known counts as a refusal. */
      readonly status: string;
      /** Every server of the pool; empty when the balancer did not answer. */
      readonly readBack: readonly ServerWeight[];
      readonly wallMs: number;
    }
  | { readonly kind: 'kill_switch'; readonly on: boolean; readonly wallMs: number }
  | { readonly kind: 'neighbours'; readonly tests: readonly NeighbourTest[]; readonly wallMs: number }
  | { readonly kind: 'disturbance'; readonly what: Disturbance; readonly wallMs: number; readonly words?: string }
  | { readonly kind: 'start'; readonly request: TestRequest }
  /** Carried out by the next tick or not at all. */
  | { readonly kind: 'steady'; readonly order: SteadyOrder }
  | { readonly kind: 'stop'; readonly why: string }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'takeover'; readonly epoch: number };

export type Tick = Extract<TierEvent, { readonly kind: 'tick' }>;

/** What forbids tests for a while. */
export type Disturbance = DisturbanceTold;
