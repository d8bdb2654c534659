-- How much of what it can take each host has to do. Needs v_capacity_now.
CREATE OR REPLACE VIEW dynoscope.v_host_utilization (
  time DateTime('UTC') COMMENT 'End of the newest 10-second window that every source has closed, UTC; at most 2 minutes ago',
  host String COMMENT 'Host name',
  tier String COMMENT 'Tier in that window',
  generation String COMMENT 'CPU generation',
  build String COMMENT 'Software build in that window',
  pool String COMMENT 'Load-balancer pool',
  hits_per_s Nullable(Float64) COMMENT 'Requests of the host, mean of the window, hits/s; NULL = it reports none',
  lambda100 Nullable(Float64) COMMENT 'Capacity of one host of its tier and generation as a load test found it, hits/s; NULL = none did',
  lambda100_lo Nullable(Float64) COMMENT 'Lower bound of its 95 % interval, hits/s',
  lambda100_hi Nullable(Float64) COMMENT 'Upper bound of its 95 % interval, hits/s',
  capacity_build Nullable(String) COMMENT 'Build that was tested: the one of the host, else the one tested last',
  capacity_age_hours Nullable(Float64) COMMENT 'How long ago that test ended, h',
  utilization Nullable(Float64) COMMENT 'hits_per_s over lambda100, ratio; above 1 hits wait for more than 100 ms',
  utilization_lo Nullable(Float64) COMMENT 'Lower bound: over the upper bound of lambda100, ratio',
  utilization_hi Nullable(Float64) COMMENT 'Upper bound: over the lower bound of lambda100, ratio',
  reason String COMMENT 'Why utilization is NULL, or that the capacity is of another build; empty = nothing is missing'
) AS
WITH
  recent AS (
    SELECT host, tier, generation, build, pool, time, src, requests_per_s
    FROM dynoscope.host_windows
    WHERE time > now('UTC') - INTERVAL 2 MINUTE AND {{is_current}}
    ORDER BY epoch DESC
    LIMIT 1 BY host, time
  ),
  capacity AS (SELECT tier, generation, build, time, run_id, lambda100, lo, hi, age_hours FROM dynoscope.v_capacity_now)
SELECT
  w.time AS time, w.host AS host, w.tier AS tier, w.generation AS generation, w.build AS build, w.pool AS pool,
  toNullable(toFloat64(w.requests_per_s)) AS hits_per_s,
  nullIf(if(same.run_id != '', same.lambda100, other.lambda100), 0) AS lambda100,
  nullIf(if(same.run_id != '', same.lo, other.lo), 0) AS lambda100_lo,
  nullIf(if(same.run_id != '', same.hi, other.hi), 0) AS lambda100_hi,
  if(other.run_id = '', NULL, if(same.run_id != '', same.build, other.build)) AS capacity_build,
  if(other.run_id = '', NULL, if(same.run_id != '', same.age_hours, other.age_hours)) AS capacity_age_hours,
  hits_per_s / lambda100 AS utilization,
  hits_per_s / lambda100_hi AS utilization_lo,
  hits_per_s / lambda100_lo AS utilization_hi,
  multiIf(
    w.generation = '', 'the generation of the host is not known',
    other.run_id = '', 'no load test of the tier has found a capacity of this generation',
    hits_per_s IS NULL, 'the host reports no requests/s',
    same.run_id = '', 'the capacity is that of another build: no load test has found one of this build',
    ''
  ) AS reason
FROM recent AS w
LEFT JOIN capacity AS same ON same.tier = w.tier AND same.generation = w.generation AND same.build = w.build
LEFT JOIN (SELECT * FROM capacity ORDER BY time DESC, run_id DESC LIMIT 1 BY tier, generation) AS other
  ON other.tier = w.tier AND other.generation = w.generation
-- Sources insert a window when they have closed it; the newest one of all is that of the slowest.
WHERE w.time = (SELECT min(newest) FROM (SELECT max(time) AS newest FROM recent GROUP BY src))
COMMENT 'Every host in the newest complete window: its hits over what one host of its kind can take';
