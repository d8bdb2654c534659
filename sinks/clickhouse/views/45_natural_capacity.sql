-- What natural traffic says between load tests. It lies beyond the measured, so nothing that steers or judges reads it.
CREATE OR REPLACE VIEW dynoscope.v_natural_capacity_now (
  tier String COMMENT 'Tier',
  generation String COMMENT 'CPU generation',
  build String COMMENT 'Software build that the hosts run',
  time DateTime64(3, 'UTC') COMMENT 'Newest second of natural traffic behind it, UTC',
  age_minutes Float64 COMMENT 'How long ago that was, min',
  lambda100 Float64 COMMENT 'Load of one host at which the mean wait would be 100 ms over the baseline, hits/s',
  lo Float64 COMMENT 'Lower bound of its 95 % interval, hits/s',
  hi Float64 COMMENT 'Upper bound of its 95 % interval, hits/s',
  extrapolated Bool COMMENT 'The curve was not seen up to 60 ms of contention',
  highest_contention_ms Float64 COMMENT 'Fitted contention at the highest load that was seen, ms',
  highest_hits_per_s Float64 COMMENT 'Highest load of one host that was seen, hits/s',
  host_hours Float64 COMMENT 'Telemetry behind it, of which a day ago counts half, h',
  found_lambda100 Nullable(Float64) COMMENT 'What the newest load test with an answer found for the same build, hits/s; NULL = none did',
  found_lo Nullable(Float64) COMMENT 'Lower bound of its 95 % interval, hits/s',
  found_hi Nullable(Float64) COMMENT 'Upper bound of its 95 % interval, hits/s',
  agree Nullable(Bool) COMMENT 'The two intervals meet; NULL = no load test has an answer'
) AS
SELECT
  n.tier AS tier, n.generation AS generation, n.build AS build, n.time AS time,
  dateDiff('second', n.time, now('UTC')) / 60 AS age_minutes, n.lambda100 AS lambda100, n.lo AS lo, n.hi AS hi,
  n.extrapolated AS extrapolated, n.highest_contention_ms AS highest_contention_ms,
  n.highest_hits_per_s AS highest_hits_per_s, n.host_seconds / 3600 AS host_hours,
  if(f.run_id = '', NULL, f.lambda100) AS found_lambda100,
  if(f.run_id = '', NULL, f.lo) AS found_lo,
  if(f.run_id = '', NULL, f.hi) AS found_hi,
  if(f.run_id = '', NULL, toBool(n.lo <= f.hi AND f.lo <= n.hi)) AS agree
FROM (
  SELECT * FROM dynoscope.capacity_estimates FINAL
  WHERE outcome = 'natural'
  ORDER BY time DESC
  LIMIT 1 BY tier, generation, build
) AS n
LEFT JOIN dynoscope.v_capacity_now AS f ON f.tier = n.tier AND f.generation = n.generation AND f.build = n.build
COMMENT 'Newest capacity of one host by natural traffic alone, beside what a load test found; never a result of its own';
