-- How one metric follows another, as of a second. One insert = one slot of 2 s of one source.
CREATE TABLE IF NOT EXISTS dynoscope.correlations (
  time DateTime('UTC') COMMENT 'End of the window, UTC' CODEC(Delta, ZSTD(1)),
  tier LowCardinality(String) COMMENT 'Tier of the hosts',
  generation LowCardinality(String) COMMENT 'CPU generation of the hosts; empty = all of the tier',
  host LowCardinality(String) COMMENT 'Host; empty = all of them',
  x LowCardinality(String) COMMENT 'First metric of the pair; figures of x are in its unit',
  y LowCardinality(String) COMMENT 'Second metric of the pair; figures of y are in its unit',
  window_s UInt32 COMMENT 'Length of the window, s' CODEC(T64, ZSTD(1)),
  n Float64 COMMENT 'Seconds in the window with a value of both, count' CODEC(ZSTD(1)),
  n_eff Nullable(Float64) COMMENT 'Independent observations that they are worth, autocorrelation considered, count' CODEC(ZSTD(1)),
  r Nullable(Float64) COMMENT 'Correlation (Pearson), -1 to 1; NULL = cannot be told: too few values, or a metric that does not vary' CODEC(ZSTD(1)),
  r_lo Nullable(Float64) COMMENT 'Lower bound of the 95 % interval of r' CODEC(ZSTD(1)),
  r_hi Nullable(Float64) COMMENT 'Upper bound of the 95 % interval of r' CODEC(ZSTD(1)),
  slope Nullable(Float64) COMMENT 'Change of y for one more of x (least squares), unit of y per unit of x' CODEC(ZSTD(1)),
  slope_lo Nullable(Float64) COMMENT 'Lower bound of the 95 % interval of slope' CODEC(ZSTD(1)),
  slope_hi Nullable(Float64) COMMENT 'Upper bound of the 95 % interval of slope' CODEC(ZSTD(1)),
  intercept Nullable(Float64) COMMENT 'y of the fitted line at x = 0, unit of y' CODEC(ZSTD(1)),
  r2 Nullable(Float64) COMMENT 'Share of the variance of y that the line explains, 0 to 1' CODEC(ZSTD(1)),
  residual_sd Nullable(Float64) COMMENT 'Standard deviation of y around the line, unit of y' CODEC(ZSTD(1)),
  mean_x Nullable(Float64) COMMENT 'Mean of x, unit of x' CODEC(ZSTD(1)),
  sd_x Nullable(Float64) COMMENT 'Standard deviation of x, unit of x' CODEC(ZSTD(1)),
  mean_y Nullable(Float64) COMMENT 'Mean of y, unit of y' CODEC(ZSTD(1)),
  sd_y Nullable(Float64) COMMENT 'Standard deviation of y, unit of y' CODEC(ZSTD(1)),
  lag_s Nullable(Float64) COMMENT 'Shift at which the two correlate most strongly, s; positive = x leads' CODEC(ZSTD(1)),
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings; raised by backfills' CODEC(ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree
PARTITION BY toStartOfHour(time)
ORDER BY (tier, generation, host, x, y, window_s, time, epoch)
TTL time + {{ttl correlations}} DELETE
SETTINGS {{stream_settings}}
COMMENT 'How metrics of a tier follow each other, over the last 60 s, 5 min and 1 h';
