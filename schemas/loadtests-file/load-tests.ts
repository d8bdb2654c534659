import type { WeekHours } from './hours.ts';

/** What may be steered: the tiers that `loadtests.yaml` names. A tier that is not among them is observed only. */
export interface LoadTests {
  readonly tiers: readonly LoadTestTier[];
}

/** One tier whose capacity may be tested with its own traffic, and within which bounds. */
export interface LoadTestTier {
  readonly tier: string;
  readonly pools: readonly LoadTestPool[];
  /** What the users of the tier may meet while it is tested. */
  readonly slo: { readonly p95Ms: number; readonly errorRatio: number };
  readonly hours: WeekHours;
  /** Most hosts of a panel as a part of the tier's hosts, 0 < share ≤ 0.05. */
  readonly largestShare: number;
  /** Most hosts of a panel; undefined = what the limits give. */
  readonly panelHosts: number | undefined;
  readonly safeWeights: SafeWeights;
  /** `by_capacity`: weights between tests follow the capacities found. `observe`: it is only said what they would be. */
  readonly steadyWeights: SteadyWeights;
  /** Highest weight that a test may give to a server. */
  readonly weightMax: number;
  /** A result is renewed within these hours. */
  readonly refreshHours: number;
  /** No test for so long after a deploy, a reload, a failover or the first sight of a host. */
  readonly bakeS: number;
  /** Tiers beside whose tests none of this one runs, in order of their names; each names the other too. */
  readonly neighbours: readonly string[];
  readonly enabled: boolean;
  /** Everything is decided and recorded, commands are checked by the adapter, no weight is moved. */
  readonly dryRun: boolean;
}

export const balancerKinds = ['haproxy', 'template', 'envoy-eds', 'simulated'] as const;
export type BalancerKind = (typeof balancerKinds)[number];

export interface LoadTestPool {
  readonly name: string;
  readonly balancer: BalancerKind;
}

export const steadyWeightsKinds = ['observe', 'by_capacity'] as const;
export type SteadyWeights = (typeof steadyWeightsKinds)[number];

/** Weights between tests, to which everything returns. */
export type SafeWeights =
  | { readonly kind: 'same'; readonly weight: number }
  | { readonly kind: 'by_server'; readonly weights: ReadonlyMap<string, number> };

/** The safe weight of a server; undefined = nobody said one, so its pool may not be steered. */
export const safeWeightOf = (safe: SafeWeights, server: string): number | undefined =>
  safe.kind === 'same' ? safe.weight : safe.weights.get(server);

/** Largest part of a tier that may be on a panel, and its default: 5 % (A50's and our own rail on the blast radius). */
export const largestShareMax = 0.05;
/** Most hosts that a panel can have whatever the tier's size. */
export const panelHostsMax = 8;
/** Weights are whole numbers up to this in every command and at HAProxy. */
export const weightLimit = 256;

/** Hosts of a tier of this size that may be on a panel at once by its share: at least one. */
export const panelHostsByShare = (tierHosts: number, largestShare: number): number =>
  Math.max(1, Math.floor(largestShare * tierHosts));
