-- Do the 10-second windows agree with the one-second counters, recomputed here? Late records are in counters_1s only.
-- @param minutes UInt32 = 5: how far back, minutes; the newest minute is left out
WITH
  bounds AS (SELECT now('UTC') - toIntervalMinute({minutes:UInt32} + 1) AS since, now('UTC') - INTERVAL 1 MINUTE AS until),
  again AS (
    SELECT host, epoch, toStartOfInterval(time - 1, INTERVAL 10 SECOND) + 10 AS window_end, avg(cpu_busy_ratio) AS mean, count(cpu_busy_ratio) AS seconds
    FROM dynoscope.counters_1s FINAL
    WHERE time > (SELECT since FROM bounds) - 20 AND time <= (SELECT until FROM bounds)
    GROUP BY host, epoch, window_end
  ),
  made AS (
    SELECT host, epoch, time AS window_end, cpu_busy_ratio AS mean, count() OVER (PARTITION BY host, epoch, time) AS copies
    FROM dynoscope.host_windows
    WHERE time > (SELECT since FROM bounds) AND time <= (SELECT until FROM bounds)
  )
SELECT
  count() AS windows,
  countIf(m.copies > 1) AS written_more_than_once,
  countIf(m.mean IS NULL AND a.seconds > 0) AS without_value,
  countIf(abs(m.mean - a.mean) > 1e-6 * greatest(1, abs(a.mean))) AS different,
  round(max(abs(m.mean - a.mean)), 9) AS largest_difference,
  countIf(m.copies = 0) AS missing
FROM again AS a
LEFT JOIN made AS m ON m.host = a.host AND m.epoch = a.epoch AND m.window_end = a.window_end
WHERE a.window_end > (SELECT since FROM bounds) AND a.window_end <= (SELECT until FROM bounds) - 10;
