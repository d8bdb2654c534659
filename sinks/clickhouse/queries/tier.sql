-- How did one counter run over the hosts of a tier, window by window?
-- @param tier String = lbpool-slb.www: the tier, as in v_tiers or on the Comparison page
-- @param counter String = cpu_busy_ratio: a counter of the catalogue
-- @param minutes UInt32 = 10: how far back, minutes
SELECT time, hosts, samples, mean, p5, p25, p50, p75, p95, p99
FROM dynoscope.tier_windows FINAL
WHERE tier = {tier:String}
  AND counter = {counter:String}
  AND region = '' AND server_type = ''
  AND time > now('UTC') - toIntervalMinute({minutes:UInt32})
ORDER BY time;
