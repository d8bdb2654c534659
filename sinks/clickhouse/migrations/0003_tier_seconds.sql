-- The metrics that load tests steer by, one row per host and second. One insert = one slot of 2 s of one source.
CREATE TABLE IF NOT EXISTS dynoscope.tier_seconds (
  time DateTime('UTC') COMMENT 'End of the second, UTC' CODEC(Delta, ZSTD(1)),
  host LowCardinality(String) COMMENT 'Host name as its agent reports it',
  tier LowCardinality(String) COMMENT 'Tier of the host as of this second; unassigned = unknown to topology',
  service LowCardinality(String) COMMENT 'Service of the host',
  region LowCardinality(String) COMMENT 'Region of the host',
  server_type LowCardinality(String) COMMENT 'Server type of the host',
  generation LowCardinality(String) COMMENT 'CPU generation of the host',
  build LowCardinality(String) COMMENT 'Software build that the host runs',
  pool LowCardinality(String) COMMENT 'Load-balancer pool of the host',
  server LowCardinality(String) COMMENT 'Name of the host in its pool',
  metrics Map(LowCardinality(String), Float64) COMMENT 'The metrics named by the settings, by name; a metric without a value is not in the map. Units as in the catalogue' CODEC(ZSTD(1)),
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings; raised by backfills' CODEC(ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree
PARTITION BY toStartOfHour(time)
ORDER BY (tier, host, time, epoch)
TTL time + {{ttl tier_seconds}} DELETE
SETTINGS {{stream_settings}}
COMMENT 'One-second metrics of every host, as the load-test controller saw them';
