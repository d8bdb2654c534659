import { columnsOf } from './counter-columns.ts';
import type { SecondOfHost } from './host.ts';

const columns = columnsOf([
  'requests_per_s',
  'errors_per_s',
  'duration_avg_ms',
  'duration_cpu_avg_ms',
  'dynolog_uptime_min',
]);
const hitColumns = columnsOf([
  'duration_ms_p25',
  'duration_ms_p50',
  'duration_ms_p75',
  'duration_ms_p95',
  'duration_ms_p99',
  'instructions_per_kcycle',
  'instructions_per_cpu_sec',
  'app_foreground_instructions_per_s',
]);
const ipc = columnsOf(['instructions_per_cycle', 'cpu_frequency_hz', 'cpu_instructions_per_s']);

/** Part of the instructions that serve hits: the rest is background work. Model. */
const foregroundShare = 0.92;

export const requestColumns: readonly number[] = Object.values(columns);
export const hitOnlyColumns: readonly number[] = Object.values(hitColumns);

export function fillRequests(values: Float64Array, { work, agentUptimeMin }: SecondOfHost): void {
  values[columns.requests_per_s] = work.requestsPerS;
  values[columns.errors_per_s] = work.errorsPerS;
  values[columns.duration_avg_ms] = work.durationAvgMs;
  values[columns.duration_cpu_avg_ms] = work.durationCpuAvgMs;
  values[columns.dynolog_uptime_min] = agentUptimeMin;
}

/** What only a tier that is simulated hit by hit can tell; after `fillCpu`. */
export function fillHits(values: Float64Array, { work }: SecondOfHost): void {
  const durations = work.durationsMs;
  values[hitColumns.duration_ms_p25] = quantile(durations, 0.25);
  values[hitColumns.duration_ms_p50] = quantile(durations, 0.5);
  values[hitColumns.duration_ms_p75] = quantile(durations, 0.75);
  values[hitColumns.duration_ms_p95] = quantile(durations, 0.95);
  values[hitColumns.duration_ms_p99] = quantile(durations, 0.99);
  const perCycle = values[ipc.instructions_per_cycle]!;
  values[hitColumns.instructions_per_kcycle] = perCycle * 1_000;
  values[hitColumns.instructions_per_cpu_sec] = perCycle * values[ipc.cpu_frequency_hz]!;
  values[hitColumns.app_foreground_instructions_per_s] = values[ipc.cpu_instructions_per_s]! * foregroundShare;
}

/** Nearest rank; NaN of nothing. */
const quantile = (ascending: Float64Array, share: number): number =>
  ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? Number.NaN;
