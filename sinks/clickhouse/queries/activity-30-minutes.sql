-- What did each tier do in each half hour: hosts, requests, CPU?
-- @param hours UInt32 = 6: how far back, hours
SELECT
  toStartOfInterval(time, INTERVAL 30 MINUTE) AS half_hour, service, tier, uniqExact(host) AS hosts,
  round(sum(requests_per_s) * 10) AS requests,
  round(quantileTDigest(0.5)(cpu_busy_ratio), 4) AS cpu_p50,
  round(quantileTDigest(0.95)(cpu_busy_ratio), 4) AS cpu_p95
FROM dynoscope.host_windows FINAL
WHERE time > now('UTC') - toIntervalHour({hours:UInt32})
GROUP BY half_hour, service, tier
ORDER BY half_hour, service, tier;
