-- What did the load-test controller of a tier decide, tick by tick, why, and what did it see?
-- @param tier String = lbpool-slb.www: the tier, as in v_loadtests
-- @param since String = : first moment, such as 2026-11-29T14:00:00Z; empty = an hour ago
-- @param until String = : last moment; empty = now
SELECT
  time, phase, action, rail, reason, run_id,
  round(contention_ms, 1) AS contention_ms, round(target_hits_per_s, 2) AS target_hits_per_s,
  round(hits_per_s, 2) AS hits_per_s, round(factor, 3) AS factor,
  round(lambda100, 2) AS lambda100_hits_per_s, round(lo, 2) AS lo, round(hi, 2) AS hi, lease_epoch, command_seq
FROM dynoscope.loadtest_steps FINAL
WHERE tier = {tier:String}
  AND if({since:String} = '', time > now('UTC') - INTERVAL 1 HOUR, time >= parseDateTime64BestEffort(if({since:String} = '', '2000-01-01', {since:String}), 3, 'UTC'))
  AND ({until:String} = '' OR time <= parseDateTime64BestEffort(if({until:String} = '', '2000-01-01', {until:String}), 3, 'UTC'))
ORDER BY time, record_offset;
