import type { LoadTestSeries } from './api-types.ts';
import type { QueryRows } from './query-rows.ts';

/** Decisions come each second; where none came for longer, the lines break. */
const gapMs = 5_000;
const figures = ['contention_ms', 'target_hits_per_s', 'hits_per_s', 'factor'] as const;

/** Of several decisions of one tick the last one. */
const seriesSql = `SELECT toUnixTimestamp64Milli(time) AS time_ms, ${figures.join(', ')}
FROM dynoscope.loadtest_steps
WHERE tier = {tier:String} AND time > now('UTC') - INTERVAL 15 MINUTE
ORDER BY time, record_offset DESC
LIMIT 1 BY time
LIMIT 5000`;

/** What the controller of a tier saw and did in the last 15 minutes. */
export async function loadTestSeries(rows: QueryRows, tier: string): Promise<LoadTestSeries> {
  const timeMs: number[] = [];
  const columns = figures.map((): (number | null)[] => []);
  for (const row of await rows(seriesSql, { tier })) {
    const atMs = row.number('time_ms');
    const beforeMs = timeMs.at(-1) ?? atMs;
    if (atMs - beforeMs > gapMs) {
      timeMs.push(beforeMs + 1);
      for (const column of columns) column.push(null);
    }
    timeMs.push(atMs);
    for (const [at, figure] of figures.entries()) columns[at]!.push(row.numberOrNull(figure));
  }
  const [contention = [], target = [], hits = [], factor = []] = columns;
  return { tier, time_ms: timeMs, contention_ms: contention, target_hits_per_s: target, hits_per_s: hits, factor };
}
