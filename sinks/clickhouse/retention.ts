/** Days or hours that rows are kept, by table: short where everything shares one machine's disk, longer on servers. */
export interface Retention {
  readonly embedded: string;
  readonly server: string;
}

/** ClickHouse intervals. The embedded ones keep 240 hosts below 2 GB (the log takes 350 MB). Shown in the sinks' README. */
export const retentions: Readonly<Record<string, Retention>> = {
  counters_1s: { embedded: '3 HOUR', server: '7 DAY' },
  tier_seconds: { embedded: '3 HOUR', server: '7 DAY' },
  host_windows: { embedded: '12 HOUR', server: '30 DAY' },
  tier_windows: { embedded: '3 HOUR', server: '30 DAY' },
  tier_windows_1m: { embedded: '3 DAY', server: '180 DAY' },
  tier_windows_1h: { embedded: '365 DAY', server: '1095 DAY' },
  correlations: { embedded: '1 HOUR', server: '30 DAY' },
  capacity_estimates: { embedded: '400 DAY', server: '400 DAY' },
  tier_scalability: { embedded: '400 DAY', server: '400 DAY' },
  loadtest_runs: { embedded: '400 DAY', server: '400 DAY' },
  loadtest_steps: { embedded: '3 DAY', server: '30 DAY' },
  rejected_records: { embedded: '7 DAY', server: '30 DAY' },
  stage_stats: { embedded: '24 HOUR', server: '30 DAY' },
  weight_commands: { embedded: '30 DAY', server: '400 DAY' },
  weight_applied: { embedded: '30 DAY', server: '400 DAY' },
};
