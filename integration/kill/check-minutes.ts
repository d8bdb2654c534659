import { deepEqual } from 'node:assert/strict';
import { ask } from '../../sinks/clickhouse/ask.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';

/**
 * Every (slice, counter, minute) that follows from the rows of `tier_windows` is in `tier_windows_1m` once: hosts, least
 * and greatest value. Answers how many rows were compared; a short run may have no whole minute.
 */
export async function checkMinutes(clickHouse: ClickHouse): Promise<number> {
  const slice = 'tier, region, server_type, counter';
  const rows = await ask(clickHouse, {
    sql: `WITH (SELECT min(newest) FROM (SELECT max(time) AS newest FROM dynoscope.tier_windows_1m GROUP BY src)) AS through
SELECT toUnixTimestamp(time) AS at, ${slice}, found, wanted FROM
  (SELECT time, ${slice}, groupArray((hosts, min, max)) AS found FROM dynoscope.tier_windows_1m WHERE time <= through
    GROUP BY time, ${slice}) AS minutes
  FULL JOIN
  (SELECT toStartOfMinute(time - 1) + 60 AS time, ${slice}, [(max(hosts), min(min), max(max))] AS wanted
    FROM dynoscope.tier_windows WHERE toStartOfMinute(time - 1) + 60 <= through GROUP BY time, ${slice}) AS tens
  USING (time, ${slice})`,
  });
  const wrong = rows.filter(({ found, wanted }) => JSON.stringify(found) !== JSON.stringify(wanted));
  deepEqual({ wrong: wrong.length, examples: wrong.slice(0, 3) }, { wrong: 0, examples: [] }, 'tier_windows_1m');
  return rows.length;
}
