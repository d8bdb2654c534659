-- Counters of every host, one row a second, as the agents sent them.
-- One insert = one slot of append time = one partition. Two records of one (host, second): the first in the log wins.
CREATE TABLE IF NOT EXISTS dynoscope.counters_1s (
  time DateTime('UTC') COMMENT 'Second at which the agent read its counters: the row describes the interval that ends here, UTC' CODEC(Delta, ZSTD(1)),
  host LowCardinality(String) COMMENT 'Host name as its agent reports it',
  interval_ms Float32 COMMENT 'Real elapsed time that the values describe, ms' CODEC(ZSTD(1)),
{{counter_columns}}  app Map(LowCardinality(String), Float64) COMMENT 'Application values that are not in the catalogue, by name; units as the application defines them' CODEC(ZSTD(1)),
  slot DateTime('UTC') COMMENT 'Start of the 5-second slot of append time that the row was inserted with, UTC' CODEC(Delta, ZSTD(1)),
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings; raised by backfills' CODEC(ZSTD(1)),
  precedence UInt64 COMMENT '2^53 - 1 minus the record offset: of two rows with one key the higher one, the first in the log, stays' CODEC(Delta, ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toStartOfInterval(slot, INTERVAL 30 MINUTE)
ORDER BY (host, time, epoch)
TTL slot + {{ttl counters_1s}} DELETE
SETTINGS {{stream_settings}}
COMMENT 'One-second counters of every host';
