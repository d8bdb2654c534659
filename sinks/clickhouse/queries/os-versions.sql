-- Which systems and kernels run in each tier, and on how many hosts?
-- @param hours UInt32 = 1: hosts heard within so many hours
SELECT
  w.tier AS tier, i.os AS os, i.kernel AS kernel, count() AS hosts,
  countIf(i.simulated) AS simulated_hosts,
  round(count() / sum(count()) OVER (PARTITION BY w.tier), 3) AS share_of_tier
FROM (
  SELECT host, argMax(tier, time) AS tier
  FROM dynoscope.host_windows
  WHERE time > now('UTC') - toIntervalHour({hours:UInt32})
  GROUP BY host
) AS w
INNER JOIN (SELECT host, os, kernel, simulated FROM dynoscope.system_info FINAL ORDER BY time DESC LIMIT 1 BY host) AS i ON i.host = w.host
GROUP BY tier, os, kernel
ORDER BY tier, hosts DESC;
