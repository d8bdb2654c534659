/** What the API says of live load tests. Shared, as types only, with the web page. `null` = no value. */
export interface LoadTestsReport {
  /** Wall clock of the server, ms since 1970. */
  readonly now_ms: number;
  /** True when something says what may be steered: a `loadtests.yaml`, else the simulated fleet for its own tier. */
  readonly may_steer: boolean;
  /** Tiers that may be steered, and others that a controller spoke of in the last hour; by name. */
  readonly tiers: readonly SteeredTier[];
  /** The last 20 tests that ended, the newest first. */
  readonly runs: readonly LoadTestRunRow[];
  /** By tier and generation the newest capacity of one host that a test found. */
  readonly capacity: readonly CapacityRow[];
  /** By tier and generation how much of what they can take hosts have to do, in the newest complete 10 s. */
  readonly utilization: readonly UtilizationRow[];
}

export interface SteeredTier {
  readonly tier: string;
  /** It may be steered; false = a controller spoke of it in the last hour. */
  readonly is_steered: boolean;
  /** The newest decision of its controller; null = it has said nothing for an hour. */
  readonly decision: LoadTestDecision | null;
}

export interface LoadTestDecision {
  readonly time_ms: number;
  readonly phase: string;
  readonly action: string;
  /** Why, a sentence. */
  readonly reason: string;
  /** Guard rail that decided. */
  readonly rail: string | null;
  readonly run_id: string | null;
  /** Contention of the panel, mean of ten seconds. */
  readonly contention_ms: number | null;
  /** Load that a host of the panel shall have, and has. */
  readonly target_hits_per_s: number | null;
  readonly hits_per_s: number | null;
  /** Weights of the panel as a multiple of the safe ones. */
  readonly factor: number | null;
  /** Estimate so far of the load of one host at 100 ms of contention, with its 95 % interval. */
  readonly lambda100: number | null;
  readonly lo: number | null;
  readonly hi: number | null;
}

/** One point a decision over the last 15 minutes, gaps as null. Columns of equal length. */
export interface LoadTestSeries {
  readonly tier: string;
  readonly time_ms: readonly number[];
  readonly contention_ms: readonly (number | null)[];
  readonly target_hits_per_s: readonly (number | null)[];
  readonly hits_per_s: readonly (number | null)[];
  readonly factor: readonly (number | null)[];
}

/** A load test that ended. */
export interface LoadTestRunRow {
  readonly run_id: string;
  readonly started_ms: number;
  readonly ended_ms: number;
  readonly tier: string;
  readonly generation: string;
  readonly build: string;
  readonly pool: string;
  readonly panel_hosts: number;
  /** found, aborted, inconclusive, frozen, stopped or dry_run. */
  readonly outcome: string;
  readonly rail: string | null;
  readonly reason: string;
  readonly lambda100: number | null;
  readonly lo: number | null;
  readonly hi: number | null;
  /** Complete seconds of telemetry. */
  readonly seconds: number;
  /** Highest mean contention of ten seconds. */
  readonly max_contention_ms: number;
  readonly seconds_over_100: number;
  readonly seconds_over_150: number;
}

/** What one host of a tier can take, by generation and build, the newest result first. Empty = no test found anything. */
export interface CapacityReport {
  /** Wall clock of the server, ms since 1970. */
  readonly now_ms: number;
  readonly tier: string;
  readonly capacity: readonly CapacityRow[];
}

export interface CapacityRow {
  readonly tier: string;
  readonly generation: string;
  readonly build: string;
  readonly time_ms: number;
  readonly lambda100: number;
  readonly lo: number;
  readonly hi: number;
  /** Capacity over that of the reference generation; null = the reference has no answer on this tier. */
  readonly rcu: number | null;
  readonly rcu_lo: number | null;
  readonly rcu_hi: number | null;
  /** Build of the reference: another one than `build` = the RCU compares builds too. */
  readonly reference_build: string | null;
  readonly bottleneck: string;
  readonly extrapolated: boolean;
}

/** Hits over capacity of the hosts of a tier and generation. Ratios: 1 = hits wait 100 ms. */
export interface UtilizationRow {
  readonly tier: string;
  readonly generation: string;
  /** End of the 10-second window. */
  readonly time_ms: number;
  readonly hosts: number;
  /** Those whose utilization is known. */
  readonly known_hosts: number;
  readonly min: number | null;
  readonly median: number | null;
  readonly max: number | null;
  /** The same hosts over the upper and the lower bound of the capacity. */
  readonly median_lo: number | null;
  readonly median_hi: number | null;
  /** Why hosts have none, or what is to be known of those that have one: of most hosts that have something to say. */
  readonly reason: string | null;
}
