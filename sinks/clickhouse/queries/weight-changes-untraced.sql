-- Which changes of a load balancer's weights trace to no accepted live command and to no revert? Reloads and hands; else a fault.
-- @param hours UInt32 = 24: how far back, hours
-- @param clock_skew_ms UInt32 = 1000: how far the clocks of adapter and log may differ where a report came late, ms
SELECT c.time AS time, c.adapter AS adapter, c.pool AS pool, c.status AS status, c.reason AS reason, c.command_id AS command_id, c.weights_before AS weights_before, c.weights AS weights
FROM dynoscope.v_weight_changes AS c
LEFT JOIN (
  SELECT pool, command_id, command_epoch, seq, min(time) AS taken, any(ttl_ms) AS ttl, any(mode) AS mode, any(weights) AS wanted
  FROM dynoscope.weight_commands FINAL
  WHERE NOT dry_run
  GROUP BY pool, command_id, command_epoch, seq
) AS w ON w.pool = c.pool AND w.command_id = c.command_id AND w.command_epoch = c.command_epoch AND w.seq = c.seq
WHERE c.time > now('UTC') - toIntervalHour({hours:UInt32})
  AND NOT (startsWith(c.status, 'reverted_') AND c.weights = c.weights_wanted)
  AND NOT (
    c.command_id != '' AND w.command_id = c.command_id
    AND (c.status = 'readback_mismatch' OR (c.status = 'applied' AND c.weights = c.weights_wanted))
    AND (w.mode = 'revert' OR mapSort(w.wanted) = mapSort(c.weights_wanted))
    AND (
      c.time <= w.taken + toIntervalMillisecond(w.ttl)
      OR c.at <= w.taken + toIntervalMillisecond(w.ttl + {clock_skew_ms:UInt32})
    )
  )
ORDER BY time, pool;
