-- Which regions of a tier carry clearly more or less than the tier's median?
-- @param minutes UInt32 = 10: how far back, minutes
-- @param tolerance Float64 = 0.2: share by which a region may differ before it is shown
WITH regions AS (
  SELECT tier, region, uniqExact(host) AS hosts, quantileTDigest(0.5)(cpu_busy_ratio) AS p50
  FROM dynoscope.host_windows FINAL
  WHERE time > now('UTC') - toIntervalMinute({minutes:UInt32}) AND cpu_busy_ratio IS NOT NULL AND region != ''
  GROUP BY tier, region
)
SELECT
  tier, region, hosts, round(p50, 4) AS cpu_p50,
  round(quantileExactInclusive(0.5)(p50) OVER (PARTITION BY tier), 4) AS tier_median_of_regions,
  round(p50 / nullIf(quantileExactInclusive(0.5)(p50) OVER (PARTITION BY tier), 0) - 1, 3) AS off_by_ratio
FROM regions
QUALIFY abs(off_by_ratio) > {tolerance:Float64}
ORDER BY abs(off_by_ratio) DESC;
