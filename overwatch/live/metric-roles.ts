/** Which metrics of tier-seconds fill the columns of the tier table. */
export interface MetricRoles {
  readonly cpuBusyRatio: string;
  readonly hitsPerS: string;
  readonly latencyMs: string;
}

export const defaultMetricRoles: MetricRoles = {
  cpuBusyRatio: 'cpu_busy_ratio',
  hitsPerS: 'requests_per_s',
  latencyMs: 'duration_avg_ms',
};
