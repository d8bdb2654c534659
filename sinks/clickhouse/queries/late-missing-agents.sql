-- Which hosts are silent, miss seconds, or send records that are refused?
-- @param minutes UInt32 = 15: how far back, minutes
WITH
  heard AS (
    SELECT host, max(time) AS last_window, count() AS windows, sum(samples) AS seconds
    FROM dynoscope.host_windows FINAL
    WHERE time > now('UTC') - toIntervalMinute({minutes:UInt32})
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
  greatest(0, h.windows * 10 - h.seconds) AS seconds_missing,
  r.records AS records_refused, r.most_often AS reason
FROM known AS k
LEFT JOIN heard AS h ON h.host = k.host
LEFT JOIN refused AS r ON r.host = k.host
WHERE h.windows = 0 OR seconds_missing > 0 OR r.records > 0 OR h.last_window < now('UTC') - INTERVAL 1 MINUTE
ORDER BY isNull(last_window) DESC, seconds_missing DESC, records_refused DESC;
