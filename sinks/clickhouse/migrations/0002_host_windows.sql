-- 10-second windows of every host: what Perf Doctor and the pages read. One insert = one window of one source.
CREATE TABLE IF NOT EXISTS dynoscope.host_windows (
  time DateTime('UTC') COMMENT 'End of the window (start, end], UTC' CODEC(Delta, ZSTD(1)),
  host LowCardinality(String) COMMENT 'Host name as its agent reports it',
  tier LowCardinality(String) COMMENT 'Tier of the host as of the end of the window; unassigned = unknown to topology',
  service LowCardinality(String) COMMENT 'Service of the host as of the end of the window',
  region LowCardinality(String) COMMENT 'Region of the host',
  server_type LowCardinality(String) COMMENT 'Server type of the host',
  generation LowCardinality(String) COMMENT 'CPU generation of the host',
  build LowCardinality(String) COMMENT 'Software build that the host runs',
  pool LowCardinality(String) COMMENT 'Load-balancer pool of the host',
  server LowCardinality(String) COMMENT 'Name of the host in its pool',
{{counter_columns}}  samples UInt8 COMMENT 'Most one-second samples behind any counter of the row; 10 = none missing, count',
  app Map(LowCardinality(String), Float64) COMMENT 'Means of application values that are not in the catalogue, by name' CODEC(ZSTD(1)),
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings; raised by backfills' CODEC(ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree
PARTITION BY toStartOfInterval(time, INTERVAL 2 HOUR)
ORDER BY (service, tier, host, time, epoch)
TTL time + {{ttl host_windows}} DELETE
SETTINGS {{stream_settings}}
COMMENT '10-second windows of every host, each counter by its aggregation of the catalogue';
