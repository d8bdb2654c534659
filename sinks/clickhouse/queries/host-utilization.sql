-- Which hosts of each tier use most, and which least, of what they can take? Hits/s over capacity, and why where it is not known.
-- @param tier String = : one tier; empty = all
-- @param n UInt32 = 10: so many hosts at the top and at the bottom of each tier
SELECT
  tier, if(from_top <= {n:UInt32}, 'top', if(isNull(utilization), 'unknown', 'bottom')) AS end, host, generation, build,
  round(hits_per_s, 2) AS hits_per_s, round(lambda100, 2) AS lambda100_hits_per_s,
  round(utilization, 4) AS utilization, round(utilization_lo, 4) AS lo, round(utilization_hi, 4) AS hi,
  round(capacity_age_hours, 1) AS capacity_age_hours, reason, time
FROM (
  SELECT
    *,
    if(isNull(utilization), 4294967295, row_number() OVER (PARTITION BY tier ORDER BY utilization DESC NULLS LAST, host)) AS from_top,
    if(isNull(utilization), row_number() OVER (PARTITION BY tier ORDER BY utilization ASC NULLS FIRST, host),
      row_number() OVER (PARTITION BY tier ORDER BY utilization ASC NULLS LAST, host DESC)) AS from_bottom
  FROM dynoscope.v_host_utilization
  WHERE {tier:String} = '' OR tier = {tier:String}
)
WHERE from_top <= {n:UInt32} OR from_bottom <= {n:UInt32}
ORDER BY tier, indexOf(['top', 'bottom', 'unknown'], end), utilization DESC, host;
