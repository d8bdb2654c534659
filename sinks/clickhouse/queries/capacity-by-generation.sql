-- What can one host of each CPU generation of a tier take, and what is it worth in RCU, measured and by the table of server types?
-- @param age_hours_max UInt32 = 720: results that are older are left out, hours
SELECT
  c.tier AS tier, c.generation AS generation, c.build AS build, round(c.age_hours, 1) AS age_hours,
  round(c.lambda100, 2) AS lambda100_hits_per_s, round(c.lo, 2) AS lo, round(c.hi, 2) AS hi,
  round(c.rcu, 3) AS rcu, round(c.rcu_lo, 3) AS rcu_lo, round(c.rcu_hi, 3) AS rcu_hi, g.rcu AS rcu_of_table,
  c.reference_build AS reference_build, c.bottleneck AS bottleneck, c.extrapolated AS extrapolated
FROM dynoscope.v_capacity_now AS c
LEFT JOIN (
  SELECT name, argMax(rcu, year) AS rcu FROM dynoscope.server_types FINAL WHERE kind = 'generation' GROUP BY name
) AS g ON g.name = c.generation
WHERE c.age_hours <= {age_hours_max:UInt32}
ORDER BY c.tier, c.generation, c.time DESC
LIMIT 1 BY c.tier, c.generation;
