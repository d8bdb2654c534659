-- What was refused, and how the stages are.
CREATE TABLE IF NOT EXISTS dynoscope.rejected_records (
  time DateTime64(3, 'UTC') COMMENT 'When the record was rejected, UTC',
  topic LowCardinality(String) COMMENT 'Topic of the rejected record',
  partition UInt32 COMMENT 'Partition of the rejected record',
  offset UInt64 COMMENT 'Offset of the rejected record',
  record_key String COMMENT 'Its key: the host',
  stage LowCardinality(String) COMMENT 'Stage that rejected it',
  reason LowCardinality(String) COMMENT 'Why: skewed, late, or the reason why it could not be decoded',
  message String COMMENT 'The reason in a sentence',
  value_bytes UInt32 COMMENT 'Size of its value, bytes',
  value_head String COMMENT 'First 64 bytes of its value, hex; all of it is in the dead-letter topic',
  src LowCardinality(String) COMMENT 'Topic-partition of the dead-letter topic',
  epoch UInt32 COMMENT 'Epoch of the settings',
  record_offset UInt64 COMMENT 'Offset in the dead-letter topic'
) ENGINE = ReplacingMergeTree
ORDER BY (src, record_offset)
TTL toDateTime(time) + {{ttl rejected_records}} DELETE
SETTINGS {{stream_settings_rows}}
COMMENT 'Records that were refused, and why';

CREATE TABLE IF NOT EXISTS dynoscope.stage_stats (
  time DateTime64(3, 'UTC') COMMENT 'When the task said so, UTC',
  stage LowCardinality(String) COMMENT 'Stage',
  stage_epoch UInt32 COMMENT 'Epoch that the task works in',
  task LowCardinality(String) COMMENT 'Partition, or topic-partition, of the task',
  worker LowCardinality(String) COMMENT 'Host and process id of the worker that runs it',
  state LowCardinality(String) COMMENT 'running, rebuilding, paused or stopped',
  reason String COMMENT 'Why it is paused or stopped; empty while it runs',
  stats Map(LowCardinality(String), Float64) COMMENT 'Counts and lags of the task, by name; names carry their unit' CODEC(ZSTD(1)),
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings',
  record_offset UInt64 COMMENT 'Offset of the record in its partition'
) ENGINE = ReplacingMergeTree
ORDER BY (stage, task, time, src, record_offset)
TTL toDateTime(time) + {{ttl stage_stats}} DELETE
SETTINGS {{stream_settings_rows}}
COMMENT 'What every task of every stage said of itself';
