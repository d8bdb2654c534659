-- How do the CPU generations of a tier compare: load, requests, requests for each unit of capacity? X = its RCU is not known.
-- @param minutes UInt32 = 30: how far back, minutes
SELECT
  h.tier AS tier, h.generation AS generation, uniqExact(h.host) AS hosts,
  round(avg(h.cpu_busy_ratio), 4) AS cpu_busy_ratio,
  round(avg(h.requests_per_s), 2) AS requests_per_s_a_host,
  if(any(g.rcu) IS NULL, 'X', toString(any(g.rcu))) AS rcu,
  round(avg(h.requests_per_s) / nullIf(any(g.rcu), 0), 2) AS requests_per_s_an_rcu,
  round(avg(h.requests_per_s) / nullIf(avg(h.cpu_busy_ratio), 0), 2) AS requests_per_s_at_full_cpu
FROM dynoscope.host_windows AS h FINAL
LEFT JOIN (
  SELECT name, argMax(rcu, year) AS rcu FROM dynoscope.server_types FINAL WHERE kind = 'generation' GROUP BY name
) AS g ON g.name = h.generation
WHERE h.time > now('UTC') - toIntervalMinute({minutes:UInt32})
GROUP BY tier, generation
ORDER BY tier, generation;
