import type { UtilizationRow } from './api-types.ts';
import type { QueryRows } from './query-rows.ts';

const sql = `SELECT tier, generation, toUnixTimestamp(max(time)) * 1000 AS time_ms, count() AS hosts,
  countIf(isNotNull(utilization)) AS known_hosts,
  minOrNull(utilization) AS least, quantileExactInclusiveOrNull(0.5)(utilization) AS median,
  quantileExactInclusiveOrNull(0.5)(utilization_lo) AS median_lo,
  quantileExactInclusiveOrNull(0.5)(utilization_hi) AS median_hi, maxOrNull(utilization) AS most,
  topKIf(1)(reason, reason != '')[1] AS why
FROM dynoscope.v_host_utilization
GROUP BY tier, generation
HAVING known_hosts > 0 OR tier IN (SELECT tier FROM dynoscope.capacity_estimates)
ORDER BY tier, generation`;

/** Hits over capacity by tier and generation, of tiers that have been tested. */
export const hostUtilization = async (rows: QueryRows): Promise<readonly UtilizationRow[]> =>
  (await rows(sql)).map((row) => ({
    tier: row.text('tier'),
    generation: row.text('generation'),
    time_ms: row.number('time_ms'),
    hosts: row.number('hosts'),
    known_hosts: row.number('known_hosts'),
    min: row.numberOrNull('least'),
    median: row.numberOrNull('median'),
    max: row.numberOrNull('most'),
    median_lo: row.numberOrNull('median_lo'),
    median_hi: row.numberOrNull('median_hi'),
    reason: row.textOrNull('why'),
  }));
