-- Capacity by natural traffic stands beside that of load tests, and with it what the whole tier's swing says.
ALTER TABLE dynoscope.capacity_estimates
  COMMENT COLUMN time 'When the load test ended, or the newest second of natural traffic, UTC',
  COMMENT COLUMN build 'Software build that was tested, or that the hosts run',
  COMMENT COLUMN run_id 'Load test that it comes from; empty = natural traffic',
  COMMENT COLUMN outcome 'How that test ended: found, aborted, inconclusive, frozen or stopped; or natural: from traffic that nobody raised. Only found ones may be relied on',
  COMMENT COLUMN highest_contention_ms 'Fitted contention at the highest load held or, of natural ones, seen, ms',
  COMMENT COLUMN dwells 'Loads that were held or, of natural ones, levels of load that were seen, count';

CREATE TABLE IF NOT EXISTS dynoscope.tier_scalability (
  time DateTime64(3, 'UTC') COMMENT 'Newest second of natural traffic behind it, UTC',
  tier LowCardinality(String) COMMENT 'Tier',
  hosts UInt32 COMMENT 'Hosts of the tier that it is said of, count',
  lambda Float64 COMMENT 'Throughput with one hit in the tier, hits/s',
  lambda_se Float64 COMMENT 'Standard error of lambda, hits/s',
  sigma Float64 COMMENT 'Share of the work that is done one after the other, ratio',
  sigma_se Float64 COMMENT 'Standard error of sigma, ratio',
  kappa Float64 COMMENT 'What each pair of hits costs, as a share of a hit alone, ratio',
  kappa_se Float64 COMMENT 'Standard error of kappa, ratio',
  peak_concurrency Nullable(Float64) COMMENT 'Hits in the tier from which more give less throughput, count; NULL = throughput rises for ever',
  peak_concurrency_lo Nullable(Float64) COMMENT 'Lower bound of its 95 % interval, count',
  peak_concurrency_hi Nullable(Float64) COMMENT 'Upper bound of its 95 % interval, count',
  peak_throughput Nullable(Float64) COMMENT 'Throughput there, hits/s; NULL = it rises for ever',
  peak_throughput_lo Nullable(Float64) COMMENT 'Lower bound of its 95 % interval, hits/s',
  peak_throughput_hi Nullable(Float64) COMMENT 'Upper bound of its 95 % interval, hits/s',
  limit_throughput Nullable(Float64) COMMENT 'Throughput that no concurrency exceeds, by sigma alone, hits/s; NULL = sigma is 0',
  highest_concurrency Float64 COMMENT 'Most hits in the tier that were seen, mean of a level of load, count',
  residual_sd Float64 COMMENT 'Residual standard deviation of throughput, of one host second, hits/s',
  degrees_of_freedom Float64 COMMENT 'Degrees of freedom of the errors, count',
  points UInt32 COMMENT 'Levels of load behind the fit, count',
  retrograde LowCardinality(String) COMMENT 'none = that more hits ever give less throughput is not shown; beyond = it is, above all that was measured; seen = it was measured',
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings',
  record_offset UInt64 COMMENT 'Offset of the record in its partition: of two rows of one tier and time the later one stays'
) ENGINE = ReplacingMergeTree(record_offset)
ORDER BY (tier, time)
TTL toDateTime(time) + {{ttl tier_scalability}} DELETE
SETTINGS {{stream_settings_rows}}
COMMENT 'The Universal Scalability Law of whole tiers, fitted to their natural traffic';
