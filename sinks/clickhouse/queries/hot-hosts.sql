-- Which hosts are far hotter than the median of their tier, on the same generation?
-- @param minutes UInt32 = 10: how far back, minutes
-- @param z Float64 = 3.5: robust z-score from which a host is hot
-- @param points_min Float64 = 10: points of CPU (percent of all its CPUs) above the median from which a host is hot
-- @param hosts_min UInt32 = 5: peers that a group needs before it can be judged
WITH
  hosts AS (
    SELECT tier, generation, host, avg(cpu_busy_ratio) AS cpu
    FROM dynoscope.host_windows FINAL
    WHERE time > now('UTC') - toIntervalMinute({minutes:UInt32}) AND cpu_busy_ratio IS NOT NULL
    GROUP BY tier, generation, host
  ),
  centres AS (
    SELECT tier, generation, count() AS peers, quantileExactInclusive(0.5)(cpu) AS median
    FROM hosts GROUP BY tier, generation HAVING peers >= {hosts_min:UInt32}
  ),
  spreads AS (
    -- The median absolute deviation, 1.4826 times: a standard deviation that hot hosts themselves do not inflate.
    SELECT h.tier AS tier, h.generation AS generation, 1.4826 * quantileExactInclusive(0.5)(abs(h.cpu - c.median)) AS deviation
    FROM hosts AS h INNER JOIN centres AS c ON h.tier = c.tier AND h.generation = c.generation
    GROUP BY tier, generation
  )
SELECT
  h.tier AS tier, h.host AS host, h.generation AS generation, c.peers AS peers,
  round(h.cpu, 4) AS cpu_busy_ratio, round(c.median, 4) AS peers_median,
  round((h.cpu - c.median) / greatest(s.deviation, 0.001), 1) AS robust_z
FROM hosts AS h
INNER JOIN centres AS c ON h.tier = c.tier AND h.generation = c.generation
INNER JOIN spreads AS s ON h.tier = s.tier AND h.generation = s.generation
WHERE robust_z >= {z:Float64} AND (h.cpu - c.median) * 100 >= {points_min:Float64}
ORDER BY robust_z DESC;
