-- Figures over the hosts of a tier, region and server type. One insert = one window of one source.
CREATE TABLE IF NOT EXISTS dynoscope.tier_windows (
  time DateTime('UTC') COMMENT 'End of the window (start, end], UTC' CODEC(Delta, ZSTD(1)),
  tier LowCardinality(String) COMMENT 'Tier',
  service LowCardinality(String) COMMENT 'Service of the tier',
  region LowCardinality(String) COMMENT 'Region of the hosts; empty together with server_type = the tier as a whole',
  server_type LowCardinality(String) COMMENT 'Server type of the hosts; empty together with region = the tier as a whole',
  counter LowCardinality(String) COMMENT 'Counter of the catalogue; the figures below are in its unit',
  hosts UInt32 COMMENT 'Hosts with a value (in a longer window the most of any 10 s), count' CODEC(T64, ZSTD(1)),
  samples UInt32 COMMENT 'One-second samples behind the figures, count' CODEC(T64, ZSTD(1)),
  mean Float32 COMMENT 'Mean over hosts, in the unit of the counter' CODEC(ZSTD(1)),
  min Float32 COMMENT 'Lowest value of a host, in the unit of the counter' CODEC(ZSTD(1)),
  max Float32 COMMENT 'Highest value of a host, in the unit of the counter' CODEC(ZSTD(1)),
  p5 Float32 COMMENT '5th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p25 Float32 COMMENT '25th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p50 Float32 COMMENT 'Median over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p75 Float32 COMMENT '75th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p95 Float32 COMMENT '95th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p99 Float32 COMMENT '99th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings; raised by backfills' CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toStartOfInterval(time, INTERVAL 1 HOUR)
ORDER BY (counter, service, tier, region, server_type, time, epoch)
TTL time + {{ttl tier_windows}} DELETE
SETTINGS {{stream_settings}}
COMMENT '10-second figures over hosts';

CREATE TABLE IF NOT EXISTS dynoscope.tier_windows_1m (
  time DateTime('UTC') COMMENT 'End of the window (start, end], UTC' CODEC(Delta, ZSTD(1)),
  tier LowCardinality(String) COMMENT 'Tier',
  service LowCardinality(String) COMMENT 'Service of the tier',
  region LowCardinality(String) COMMENT 'Region of the hosts; empty together with server_type = the tier as a whole',
  server_type LowCardinality(String) COMMENT 'Server type of the hosts; empty together with region = the tier as a whole',
  counter LowCardinality(String) COMMENT 'Counter of the catalogue; the figures below are in its unit',
  hosts UInt32 COMMENT 'Hosts with a value (in a longer window the most of any 10 s), count' CODEC(T64, ZSTD(1)),
  samples UInt32 COMMENT 'One-second samples behind the figures, count' CODEC(T64, ZSTD(1)),
  mean Float32 COMMENT 'Mean over hosts, in the unit of the counter' CODEC(ZSTD(1)),
  min Float32 COMMENT 'Lowest value of a host, in the unit of the counter' CODEC(ZSTD(1)),
  max Float32 COMMENT 'Highest value of a host, in the unit of the counter' CODEC(ZSTD(1)),
  p5 Float32 COMMENT '5th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p25 Float32 COMMENT '25th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p50 Float32 COMMENT 'Median over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p75 Float32 COMMENT '75th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p95 Float32 COMMENT '95th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p99 Float32 COMMENT '99th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings; raised by backfills' CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (counter, service, tier, region, server_type, time, epoch)
TTL time + {{ttl tier_windows_1m}} DELETE
SETTINGS {{stream_settings}}
COMMENT '1-minute figures over hosts';

CREATE TABLE IF NOT EXISTS dynoscope.tier_windows_1h (
  time DateTime('UTC') COMMENT 'End of the window (start, end], UTC' CODEC(Delta, ZSTD(1)),
  tier LowCardinality(String) COMMENT 'Tier',
  service LowCardinality(String) COMMENT 'Service of the tier',
  region LowCardinality(String) COMMENT 'Region of the hosts; empty together with server_type = the tier as a whole',
  server_type LowCardinality(String) COMMENT 'Server type of the hosts; empty together with region = the tier as a whole',
  counter LowCardinality(String) COMMENT 'Counter of the catalogue; the figures below are in its unit',
  hosts UInt32 COMMENT 'Hosts with a value (in a longer window the most of any 10 s), count' CODEC(T64, ZSTD(1)),
  samples UInt32 COMMENT 'One-second samples behind the figures, count' CODEC(T64, ZSTD(1)),
  mean Float32 COMMENT 'Mean over hosts, in the unit of the counter' CODEC(ZSTD(1)),
  min Float32 COMMENT 'Lowest value of a host, in the unit of the counter' CODEC(ZSTD(1)),
  max Float32 COMMENT 'Highest value of a host, in the unit of the counter' CODEC(ZSTD(1)),
  p5 Float32 COMMENT '5th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p25 Float32 COMMENT '25th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p50 Float32 COMMENT 'Median over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p75 Float32 COMMENT '75th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p95 Float32 COMMENT '95th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  p99 Float32 COMMENT '99th percentile over hosts, within 1 %, in the unit of the counter' CODEC(ZSTD(1)),
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings; raised by backfills' CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toStartOfMonth(time)
ORDER BY (counter, service, tier, region, server_type, time, epoch)
TTL time + {{ttl tier_windows_1h}} DELETE
SETTINGS {{stream_settings}}
COMMENT '1-hour figures over hosts';
