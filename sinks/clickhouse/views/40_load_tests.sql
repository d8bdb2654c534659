-- What load tests found. An RCU is the capacity of a host over that of the reference generation, NHM, of the same tier.
CREATE OR REPLACE VIEW dynoscope.v_capacity_now (
  tier String COMMENT 'Tier',
  generation String COMMENT 'CPU generation',
  build String COMMENT 'Software build',
  time DateTime64(3, 'UTC') COMMENT 'When the newest load test with an answer ended, UTC',
  age_hours Float64 COMMENT 'How long ago that was, h',
  run_id String COMMENT 'That load test',
  lambda100 Float64 COMMENT 'Load of one host at which the mean wait is 100 ms over the baseline, hits/s',
  lo Float64 COMMENT 'Lower bound of its 95 % interval, hits/s',
  hi Float64 COMMENT 'Upper bound of its 95 % interval, hits/s',
  rcu Nullable(Float64) COMMENT 'Capacity over that of the reference, NHM = 1; NULL = no NHM host of the tier has an answer',
  rcu_lo Nullable(Float64) COMMENT 'Lower bound of the 95 % interval of rcu, ratio; of the reference itself 1',
  rcu_hi Nullable(Float64) COMMENT 'Upper bound of the 95 % interval of rcu, ratio; of the reference itself 1',
  reference_run_id Nullable(String) COMMENT 'Load test of the reference: the newest answer of NHM on the same build, else on any build',
  reference_build Nullable(String) COMMENT 'Build of the reference: where it is another one, rcu compares builds too',
  model String COMMENT 'cpu = saturation from the slope of busy CPU time; fewer_servers = the same, but only some of the CPUs serve at a time; latency = from latencies alone',
  bottleneck String COMMENT 'cpu or not_cpu',
  extrapolated Bool COMMENT 'The curve was not seen up to 60 ms of contention',
  baseline_ms Float64 COMMENT 'Mean duration of a hit that waits for nothing, ms',
  units UInt32 COMMENT 'Independent repetitions behind the interval, count',
  host_seconds UInt64 COMMENT 'Seconds of telemetry behind the estimate, summed over hosts, s'
) AS
WITH newest AS (
  SELECT * FROM dynoscope.capacity_estimates FINAL
  WHERE outcome = 'found'
  ORDER BY time DESC, run_id DESC
  LIMIT 1 BY tier, generation, build
)
SELECT
  tier, generation, build, time, dateDiff('second', time, now('UTC')) / 3600 AS age_hours, run_id, lambda100, lo, hi,
  if(has_reference, lambda100 / reference.3, NULL) AS rcu,
  rcu * exp(-reach) AS rcu_lo,
  rcu * exp(reach) AS rcu_hi,
  if(has_reference, reference.1, NULL) AS reference_run_id,
  if(has_reference, reference.2, NULL) AS reference_build,
  model, bottleneck, extrapolated, baseline_ms, units, host_seconds
FROM (
  SELECT
    *,
    -- Delta method: errors of logarithms of independent estimates add as squares. The reference over itself has none.
    pow(relative_se, 2) + reference.4 AS variance,
    -- Degrees of freedom of a sum of variances (Welch and Satterthwaite), 3 at least.
    greatest(3, pow(variance, 2) / (pow(relative_se, 4) / degrees_of_freedom + pow(reference.4, 2) / reference.5)) AS df,
    -- 95 % quantile of Student's t (Abramowitz and Stegun 26.7.5), as for the interval of lambda100.
    1.959964 + 2.372271 / df + 2.822499 / pow(df, 2) + 2.555850 / pow(df, 3) + 1.589534 / pow(df, 4) AS t,
    reference.1 != '' AS has_reference,
    if(run_id = reference.1 OR variance = 0, 0, t * sqrt(variance)) AS reach
  FROM (
    SELECT
      *,
      -- Run, build, lambda100, squared error of its logarithm, degrees of freedom of that.
      (run_id, build, lambda100, pow(relative_se, 2), degrees_of_freedom) AS own,
      argMaxIf(own, (time, run_id), generation = 'NHM') OVER (PARTITION BY tier, build) AS same_build,
      argMaxIf(own, (time, run_id), generation = 'NHM') OVER (PARTITION BY tier) AS any_build,
      if(same_build.1 != '', same_build, any_build) AS reference
    FROM newest
  )
)
COMMENT 'Newest capacity of one host by tier, generation and build that a load test found, and what it is worth';

CREATE OR REPLACE VIEW dynoscope.v_loadtests (
  started DateTime64(3, 'UTC') COMMENT 'When the test began, UTC',
  ended DateTime64(3, 'UTC') COMMENT 'When it ended, UTC',
  run_id String COMMENT 'Load test',
  tier String COMMENT 'Tier',
  generation String COMMENT 'CPU generation under test',
  build String COMMENT 'Software build under test',
  pool String COMMENT 'Load-balancer pool that was steered',
  panel_hosts UInt32 COMMENT 'Hosts whose load was raised, count',
  outcome String COMMENT 'found, aborted, inconclusive, frozen, stopped or, of a rehearsal that moved no load, dry_run',
  rail String COMMENT 'Guard rail that ended it; empty = none did',
  reason String COMMENT 'Why it ended, a sentence',
  seconds UInt32 COMMENT 'Complete seconds of telemetry, s',
  steps UInt32 COMMENT 'Changes of the load, count',
  max_contention_ms Float64 COMMENT 'Highest mean contention of ten seconds, ms',
  seconds_over_100 UInt32 COMMENT 'Seconds in which the mean contention of ten seconds was over 100 ms, s',
  seconds_over_150 UInt32 COMMENT 'Seconds in which it was over 150 ms, s',
  lambda100 Nullable(Float64) COMMENT 'Estimate of the load of one host at 100 ms of contention, hits/s; NULL = the test ended without one',
  lo Nullable(Float64) COMMENT 'Lower bound of its 95 % interval, hits/s',
  hi Nullable(Float64) COMMENT 'Upper bound of its 95 % interval, hits/s'
) AS
SELECT
  started, time AS ended, run_id, tier, generation, build, pool, panel_hosts, outcome, rail, reason, seconds, steps,
  max_contention_ms, seconds_over_100, seconds_over_150, lambda100, lo, hi
FROM dynoscope.loadtest_runs FINAL
ORDER BY ended DESC, tier, run_id
COMMENT 'Load tests that ended, the newest first';
