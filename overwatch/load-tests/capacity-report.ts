import type { CapacityReport, CapacityRow } from './api-types.ts';
import type { QueryRows, Row } from './query-rows.ts';

/** Newest answer of load tests by tier, generation and build. */
export const capacityNowSql = `SELECT tier, generation, build, toUnixTimestamp64Milli(time) AS time_ms, lambda100, lo, hi,
  rcu, rcu_lo, rcu_hi, reference_build, bottleneck, toUInt8(extrapolated) AS extrapolated
FROM dynoscope.v_capacity_now`;

const rowsMax = 1_000;

export interface CapacityReportOptions {
  readonly rows: QueryRows;
  readonly tier: string;
  readonly nowMs: number;
}

/** Rejects with what the query does. */
export async function capacityReport({ rows, tier, nowMs }: CapacityReportOptions): Promise<CapacityReport> {
  const sql = `${capacityNowSql}\nWHERE tier = {tier:String}\nORDER BY time DESC, generation, build\nLIMIT ${rowsMax}`;
  return { now_ms: nowMs, tier, capacity: (await rows(sql, { tier })).map(capacityOf) };
}

export const capacityOf = (row: Row): CapacityRow => ({
  tier: row.text('tier'),
  generation: row.text('generation'),
  build: row.text('build'),
  time_ms: row.number('time_ms'),
  lambda100: row.number('lambda100'),
  lo: row.number('lo'),
  hi: row.number('hi'),
  rcu: row.numberOrNull('rcu'),
  rcu_lo: row.numberOrNull('rcu_lo'),
  rcu_hi: row.numberOrNull('rcu_hi'),
  reference_build: row.textOrNull('reference_build'),
  bottleneck: row.text('bottleneck'),
  extrapolated: row.number('extrapolated') === 1,
});
