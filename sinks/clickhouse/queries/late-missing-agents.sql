-- Which hosts are silent, miss seconds, or send records that are refused?
-- @param minutes UInt32 = 15: how far back, minutes
WITH
  windows AS (
    SELECT host, time, samples, dense_rank() OVER (ORDER BY time) AS nth
    FROM dynoscope.host_windows FINAL
    WHERE time > now('UTC') - toIntervalMinute({minutes:UInt32})
  ),
  beside AS (
    SELECT
      host, time, samples, nth,
      lagInFrame(nth, 1, nth) OVER of_host AS nth_before,
      lagInFrame(time, 1, time) OVER of_host AS time_before, leadInFrame(time, 1, time) OVER of_host AS time_after
    FROM windows
    WINDOW of_host AS (PARTITION BY host ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
  ),
  heard AS (
    -- Windows at an edge (a start, a stop) are short by nature: only those between two others are judged. Windows that
    -- are not there count where other hosts have them: else nobody was listening.
    SELECT
      host, max(time) AS last_window, count() AS windows, sum(samples) AS seconds,
      sumIf(greatest(0, 10 - samples), time - time_before = 10 AND time_after - time = 10)
        + sumIf(10 * (nth - nth_before - 1), nth > nth_before + 1) AS missing
    FROM beside
    GROUP BY host
  ),
  refused AS (
    SELECT record_key AS host, count() AS records, topK(1)(reason)[1] AS most_often
    FROM dynoscope.rejected_records FINAL
    WHERE time > now('UTC') - toIntervalMinute({minutes:UInt32})
    GROUP BY host
  ),
  known AS (
    SELECT host, tier FROM dynoscope.v_host_tier_asof WHERE now('UTC') > valid_from AND now('UTC') <= valid_to AND tier != 'unassigned'
    UNION DISTINCT
    SELECT host, '' FROM heard WHERE host NOT IN (SELECT host FROM dynoscope.host_placement)
    UNION DISTINCT
    SELECT host, '' FROM refused WHERE host NOT IN (SELECT host FROM dynoscope.host_placement)
  )
SELECT
  k.host AS host, k.tier AS tier,
  if(h.windows = 0, NULL, h.last_window) AS last_window,
  h.seconds AS seconds_received,
  h.missing AS seconds_missing,
  r.records AS records_refused, r.most_often AS reason
FROM known AS k
LEFT JOIN heard AS h ON h.host = k.host
LEFT JOIN refused AS r ON r.host = k.host
WHERE h.windows = 0 OR seconds_missing > 0 OR r.records > 0 OR h.last_window < now('UTC') - INTERVAL 1 MINUTE
ORDER BY isNull(last_window) DESC, seconds_missing DESC, records_refused DESC;
