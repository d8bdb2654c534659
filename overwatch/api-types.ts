/** Shapes of the JSON that Overwatch answers. Shared, as types only, with the web page. */

/** Percentiles over hosts; linear between neighbours (ClickHouse's quantileExactInclusive). */
export interface FiveNumbers {
  readonly p5: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p95: number;
}

/** One tier in its newest complete second. `null` = no value, its reason in `missing` under the same name. */
export interface TierRow {
  readonly tier: string;
  readonly service: string;
  /** Hosts heard within the last 10 s. */
  readonly hosts: number;
  readonly simulated_hosts: number;
  /** Hosts of which no SystemInfo has come yet: neither simulated nor real is claimed. */
  readonly unknown_origin_hosts: number;
  readonly has_this_host: boolean;
  readonly regions: readonly string[];
  readonly generations: readonly string[];
  /** Sum over the hosts whose generation has a known RCU. */
  readonly rcu: number | null;
  readonly rcu_unknown_hosts: number;
  /** CPU busy ratio (0 … 1) over hosts. */
  readonly cpu: FiveNumbers | null;
  /** Hosts behind `cpu`: those with a value in that second. */
  readonly cpu_hosts: number;
  /** p50 of this tier over p50 of the reference service; null for the reference itself. */
  readonly versus_reference: number | null;
  readonly hits_per_s: number | null;
  /** Mean over requests: each host weighted by its hits. */
  readonly latency_ms: number | null;
  /** End of the second shown, ms since 1970. */
  readonly time_ms: number;
  /** True when the second was closed before every source had reported it. */
  readonly partial: boolean;
  readonly missing: Readonly<Record<string, string>>;
  /** p50 of CPU over the last 5 minutes in means of 5 s, oldest first; null = nothing arrived. */
  readonly spark: readonly (number | null)[];
}

export interface TierTable {
  /** Wall clock of the server, ms since 1970. */
  readonly now_ms: number;
  /** End of the newest complete second of any tier; null before the first one. */
  readonly time_ms: number | null;
  readonly reference: { readonly service: string; readonly cpu_p50: number | null };
  /** The machine that this program runs on; null while its agent has not been heard. */
  readonly this_host: (HostRow & { readonly tier: string }) | null;
  readonly tiers: readonly TierRow[];
  /** Seconds closed without every source, blocks that came after their second was closed. */
  readonly partial_seconds: number;
  readonly late_blocks: number;
}

/** Newest values of one host. */
export interface HostRow {
  readonly host: string;
  /** null = not known yet. */
  readonly simulated: boolean | null;
  readonly this_host: boolean;
  readonly region: string;
  readonly server_type: string;
  readonly generation: string;
  readonly pool: string;
  readonly build: string;
  readonly rcu: number | null;
  readonly time_ms: number;
  readonly age_s: number;
  /** Every metric of tier-seconds by name; null = no value. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** Reason of each null that the host itself gave. */
  readonly missing: Readonly<Record<string, string>>;
}

export interface TierHosts {
  readonly tier: string;
  readonly now_ms: number;
  readonly metrics: readonly string[];
  /** How many the tier has; `hosts` holds at most `limit` of them. */
  readonly total: number;
  readonly hosts: readonly HostRow[];
}

/** One point a second over the last 5 minutes, gaps as null. Columns of equal length. */
export interface TierSeries {
  readonly tier: string;
  readonly service: string;
  readonly time_ms: readonly number[];
  readonly hosts: readonly (number | null)[];
  readonly cpu_p5: readonly (number | null)[];
  readonly cpu_p25: readonly (number | null)[];
  readonly cpu_p50: readonly (number | null)[];
  readonly cpu_p75: readonly (number | null)[];
  readonly cpu_p95: readonly (number | null)[];
  readonly hits_per_s: readonly (number | null)[];
  readonly latency_ms: readonly (number | null)[];
}

export interface SavedQuery {
  readonly name: string;
  /** What it answers, in one sentence. */
  readonly question: string;
  readonly sql: string;
  readonly params: readonly { readonly name: string; readonly type: string; readonly default?: string }[];
}

export interface ApiError {
  readonly code: string;
  readonly message: string;
}
