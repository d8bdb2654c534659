-- What adapters of load balancers were told to do, and what they did. Kept for long: a safety audit reads them.
CREATE TABLE IF NOT EXISTS dynoscope.weight_commands (
  time DateTime64(3, 'UTC') COMMENT 'When the log took the command, UTC; it expires ttl_ms later',
  pool LowCardinality(String) COMMENT 'Pool of the load balancer',
  tier LowCardinality(String) COMMENT 'Tier of the pool',
  command_id String COMMENT 'Command',
  command_epoch UInt64 COMMENT 'Fencing epoch of the controller',
  seq UInt64 COMMENT 'Number within the epoch; newer = higher (epoch, seq)',
  issued_at DateTime64(3, 'UTC') COMMENT 'By the clock of the controller, UTC',
  ttl_ms UInt32 COMMENT 'Time to live, from the append to the log on, ms',
  mode LowCardinality(String) COMMENT 'steady, test, revert (to safe weights) or freeze (weights stay, the time is renewed)',
  run_id String COMMENT 'Load test that it belongs to; empty = none',
  weights Map(LowCardinality(String), Float64) COMMENT 'Wanted weight by server, 0 to 256' CODEC(ZSTD(1)),
  previous_weights Map(LowCardinality(String), Float64) COMMENT 'What the controller last saw, by server, 0 to 256' CODEC(ZSTD(1)),
  safe_weights Map(LowCardinality(String), Float64) COMMENT 'Where the adapter returns to by itself from then on, by server, 0 to 256; empty = as before' CODEC(ZSTD(1)),
  expect_state_hash String COMMENT 'Hash of the weights that have to stand there',
  reason String COMMENT 'Why, a sentence',
  lambda100 Nullable(Float64) COMMENT 'Estimated load at 100 ms of contention, requests/s; NULL = no evidence was given',
  lambda100_lo Nullable(Float64) COMMENT 'Lower bound of lambda100, requests/s',
  lambda100_hi Nullable(Float64) COMMENT 'Upper bound of lambda100, requests/s',
  contention_ms Nullable(Float64) COMMENT 'Contention that was measured, ms',
  model LowCardinality(String) COMMENT 'Model of the estimate; empty = no evidence was given',
  dry_run Bool COMMENT 'Checked and reported only, never written to the load balancer',
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings',
  record_offset UInt64 COMMENT 'Offset of the record in its partition'
) ENGINE = ReplacingMergeTree
ORDER BY (pool, time, src, record_offset)
TTL toDateTime(time) + {{ttl weight_commands}} DELETE
SETTINGS {{stream_settings_rows}}
COMMENT 'Commands for the weights of load balancers';

CREATE TABLE IF NOT EXISTS dynoscope.weight_applied (
  time DateTime64(3, 'UTC') COMMENT 'When the log took the report, UTC',
  at DateTime64(3, 'UTC') COMMENT 'When it was done, by the clock of the adapter, UTC',
  adapter LowCardinality(String) COMMENT 'Adapter',
  pool LowCardinality(String) COMMENT 'Pool of the load balancer',
  tier LowCardinality(String) COMMENT 'Tier of the pool',
  status LowCardinality(String) COMMENT 'applied, dry_run, duplicate, observed, readback_mismatch, rejected_<why> or reverted_<why>',
  reason String COMMENT 'The status in a sentence',
  command_id String COMMENT 'Command that it is about; empty = none',
  run_id String COMMENT 'Load test that it belongs to; empty = none',
  command_epoch UInt64 COMMENT 'Fencing epoch of the command, else the highest seen',
  seq UInt64 COMMENT 'Number of the command within the epoch, else the highest seen',
  before Map(LowCardinality(String), Float64) COMMENT 'Weight before, by server, 0 to 256; empty = the load balancer did not answer' CODEC(ZSTD(1)),
  after Map(LowCardinality(String), Float64) COMMENT 'Wanted weight by server, 0 to 256' CODEC(ZSTD(1)),
  readback Map(LowCardinality(String), Float64) COMMENT 'Weight read back, by server, 0 to 256; empty = the load balancer did not answer' CODEC(ZSTD(1)),
  state_hash String COMMENT 'Hash of the weights read back; empty = they are unknown',
  latency_ms Float64 COMMENT 'From the receipt of the command, or the begin of the own action, to the read-back, ms',
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings',
  record_offset UInt64 COMMENT 'Offset of the record in its partition'
) ENGINE = ReplacingMergeTree
ORDER BY (pool, time, src, record_offset)
TTL toDateTime(time) + {{ttl weight_applied}} DELETE
SETTINGS {{stream_settings_rows}}
COMMENT 'What adapters of load balancers did, refused or saw; a report may stand here twice';
