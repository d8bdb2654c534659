-- Live load tests: what they found, how they ended, and every decision on the way. Topics without windows: rows carry the
-- offset of their record. One record of a decision is a row of loadtest_steps, and one of loadtest_runs where a test ended.
CREATE TABLE IF NOT EXISTS dynoscope.capacity_estimates (
  time DateTime64(3, 'UTC') COMMENT 'When the load test ended, UTC',
  tier LowCardinality(String) COMMENT 'Tier',
  generation LowCardinality(String) COMMENT 'CPU generation',
  build LowCardinality(String) COMMENT 'Software build that was tested',
  run_id String COMMENT 'Load test that it comes from',
  outcome LowCardinality(String) COMMENT 'How that test ended: found, aborted, inconclusive, frozen or stopped; only found ones may be relied on',
  lambda100 Float64 COMMENT 'Load of one host at which the mean wait is 100 ms over the baseline, hits/s',
  lo Float64 COMMENT 'Lower bound of its 95 % interval, hits/s',
  hi Float64 COMMENT 'Upper bound of its 95 % interval, hits/s',
  relative_se Float64 COMMENT 'Standard error of the natural logarithm of lambda100, ratio',
  degrees_of_freedom Float64 COMMENT 'Degrees of freedom of that error, count',
  model LowCardinality(String) COMMENT 'cpu = saturation from the slope of busy CPU time; latency = from latencies alone',
  bottleneck LowCardinality(String) COMMENT 'cpu or not_cpu',
  extrapolated Bool COMMENT 'The curve was not seen up to 60 ms of contention',
  baseline_ms Float64 COMMENT 'Mean duration of a hit that waits for nothing, ms',
  kappa Float64 COMMENT 'Factor of the contention curve: variability of arrivals and service, ratio',
  saturation_hits_per_s Float64 COMMENT 'Load of one host at which its limiting resource is always busy, hits/s',
  cpu_saturation_hits_per_s Float64 COMMENT 'Load of one host at which its CPUs would always be busy, hits/s',
  background_ratio Float64 COMMENT 'Share of CPU time that is busy without hits, ratio',
  servers UInt32 COMMENT 'Logical CPUs of a host, count',
  highest_contention_ms Float64 COMMENT 'Fitted contention at the highest load held, ms',
  highest_hits_per_s Float64 COMMENT 'Highest load of one host that was held, hits/s',
  units UInt32 COMMENT 'Independent repetitions behind the interval, count',
  dwells UInt32 COMMENT 'Loads that were held, count',
  hits UInt64 COMMENT 'Hits behind the estimate, count',
  host_seconds UInt64 COMMENT 'Seconds of telemetry behind the estimate, summed over hosts, s',
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings',
  record_offset UInt64 COMMENT 'Offset of the record in its partition: of two rows of one test the later one stays'
) ENGINE = ReplacingMergeTree(record_offset)
ORDER BY (tier, generation, build, time, run_id)
TTL toDateTime(time) + {{ttl capacity_estimates}} DELETE
SETTINGS {{stream_settings_rows}}
COMMENT 'Capacity of one host by tier, generation and build: a row for each ended load test that has an estimate';

CREATE TABLE IF NOT EXISTS dynoscope.loadtest_runs (
  time DateTime64(3, 'UTC') COMMENT 'When the test ended, UTC',
  started DateTime64(3, 'UTC') COMMENT 'When the test began, UTC',
  run_id String COMMENT 'Load test',
  tier LowCardinality(String) COMMENT 'Tier',
  generation LowCardinality(String) COMMENT 'CPU generation under test',
  build LowCardinality(String) COMMENT 'Software build under test',
  pool LowCardinality(String) COMMENT 'Load-balancer pool that was steered',
  panel_hosts UInt32 COMMENT 'Hosts whose load was raised, count',
  outcome LowCardinality(String) COMMENT 'found, aborted, inconclusive, frozen or stopped',
  rail LowCardinality(String) COMMENT 'Guard rail that ended it; empty = none did',
  reason String COMMENT 'Why it ended, a sentence',
  seconds UInt32 COMMENT 'Complete seconds of telemetry, s',
  steps UInt32 COMMENT 'Changes of the load, count',
  max_contention_ms Float64 COMMENT 'Highest mean contention of ten seconds, ms',
  seconds_over_100 UInt32 COMMENT 'Seconds in which the mean contention of ten seconds was over 100 ms, s',
  seconds_over_150 UInt32 COMMENT 'Seconds in which it was over 150 ms, s',
  lambda100 Nullable(Float64) COMMENT 'Estimate of the load of one host at 100 ms of contention, hits/s; NULL = the test ended without one',
  lo Nullable(Float64) COMMENT 'Lower bound of its 95 % interval, hits/s',
  hi Nullable(Float64) COMMENT 'Upper bound of its 95 % interval, hits/s',
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings',
  record_offset UInt64 COMMENT 'Offset of the record in its partition: of two rows of one test the later one stays'
) ENGINE = ReplacingMergeTree(record_offset)
ORDER BY (tier, time, run_id)
TTL toDateTime(time) + {{ttl loadtest_runs}} DELETE
SETTINGS {{stream_settings_rows}}
COMMENT 'Load tests that ended, and how';

CREATE TABLE IF NOT EXISTS dynoscope.loadtest_steps (
  time DateTime64(3, 'UTC') COMMENT 'Wall clock of the controller at the decision, UTC' CODEC(Delta, ZSTD(1)),
  tier LowCardinality(String) COMMENT 'Tier',
  lease_epoch UInt64 COMMENT 'Lease of the controller under which it decided, number' CODEC(ZSTD(1)),
  phase LowCardinality(String) COMMENT 'idle, baseline, ramp, hold, found, abort, drain, cooldown or frozen',
  action LowCardinality(String) COMMENT 'nothing, start, raise, lower, hold, found, abort, drain, revert, freeze, cool_down or idle',
  reason String COMMENT 'Why, a sentence' CODEC(ZSTD(1)),
  rail LowCardinality(String) COMMENT 'Guard rail that decided; empty = none did',
  run_id String COMMENT 'Load test that it belongs to; empty = none' CODEC(ZSTD(1)),
  contention_ms Nullable(Float64) COMMENT 'Contention of the panel, mean of ten seconds, ms; NULL = cannot be told' CODEC(ZSTD(1)),
  target_hits_per_s Nullable(Float64) COMMENT 'Load that a host of the panel shall have, hits/s' CODEC(ZSTD(1)),
  hits_per_s Nullable(Float64) COMMENT 'Load that a host of the panel has, mean of 20 s, hits/s' CODEC(ZSTD(1)),
  factor Nullable(Float64) COMMENT 'Weights of the panel as a multiple of the safe ones, ratio' CODEC(ZSTD(1)),
  lambda100 Nullable(Float64) COMMENT 'Estimate so far of the load of one host at 100 ms of contention, hits/s' CODEC(ZSTD(1)),
  lo Nullable(Float64) COMMENT 'Lower bound of its 95 % interval, hits/s' CODEC(ZSTD(1)),
  hi Nullable(Float64) COMMENT 'Upper bound of its 95 % interval, hits/s' CODEC(ZSTD(1)),
  command_seq UInt64 COMMENT 'Number of the command that was given with it, within its lease; 0 = none was' CODEC(ZSTD(1)),
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings' CODEC(ZSTD(1)),
  record_offset UInt64 COMMENT 'Offset of the record in its partition' CODEC(Delta, ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (tier, time, src, record_offset)
TTL toDateTime(time) + {{ttl loadtest_steps}} DELETE
SETTINGS {{stream_settings}}
COMMENT 'Every decision of the controllers of load tests, also to do nothing';
