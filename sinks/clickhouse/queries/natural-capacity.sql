-- What does natural traffic say of the capacity of each kind of host, does the last load test agree, and is the tier retrograde?
-- @param age_hours_max UInt32 = 48: figures that are older are left out, hours
SELECT
  n.tier AS tier, n.generation AS generation, n.build AS build, round(n.age_minutes / 60, 1) AS age_hours,
  round(n.lambda100, 2) AS lambda100_hits_per_s, round(n.lo, 2) AS lo, round(n.hi, 2) AS hi,
  n.extrapolated AS extrapolated, round(n.highest_contention_ms, 1) AS highest_contention_ms,
  round(n.host_hours, 1) AS host_hours,
  round(n.found_lambda100, 2) AS found_hits_per_s, n.agree AS agree,
  s.retrograde AS tier_retrograde, round(s.peak_throughput, 1) AS tier_peak_hits_per_s, round(s.highest_concurrency) AS tier_highest_concurrency
FROM dynoscope.v_natural_capacity_now AS n
LEFT JOIN (
  SELECT * FROM dynoscope.tier_scalability FINAL ORDER BY time DESC LIMIT 1 BY tier
) AS s ON s.tier = n.tier
WHERE n.age_minutes <= 60 * {age_hours_max:UInt32}
ORDER BY n.tier, n.generation, n.time DESC;
