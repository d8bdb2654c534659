-- The state of the fleet by tier and by service.
CREATE OR REPLACE VIEW dynoscope.v_tier_now (
  tier String COMMENT 'Tier',
  service String COMMENT 'Service of the tier',
  time DateTime('UTC') COMMENT 'End of the newest 10-second window, UTC',
  hosts UInt64 COMMENT 'Hosts heard in the last 2 minutes, count',
  cpu_p5 Nullable(Float64) COMMENT 'CPU busy ratio over hosts, 5th percentile, ratio',
  cpu_p25 Nullable(Float64) COMMENT 'CPU busy ratio over hosts, 25th percentile, ratio',
  cpu_p50 Nullable(Float64) COMMENT 'CPU busy ratio over hosts, median, ratio',
  cpu_p75 Nullable(Float64) COMMENT 'CPU busy ratio over hosts, 75th percentile, ratio',
  cpu_p95 Nullable(Float64) COMMENT 'CPU busy ratio over hosts, 95th percentile, ratio',
  requests_per_s Nullable(Float64) COMMENT 'Requests of all hosts, 1/s; NULL = no host reports them'
) AS
SELECT
  tier, service, max(seen) AS time, count() AS hosts,
  quantileExactInclusive(0.05)(cpu_busy_ratio) AS cpu_p5,
  quantileExactInclusive(0.25)(cpu_busy_ratio) AS cpu_p25,
  quantileExactInclusive(0.5)(cpu_busy_ratio) AS cpu_p50,
  quantileExactInclusive(0.75)(cpu_busy_ratio) AS cpu_p75,
  quantileExactInclusive(0.95)(cpu_busy_ratio) AS cpu_p95,
  sumOrNull(rps) AS requests_per_s
FROM (
  SELECT tier, service, host, time AS seen, cpu_busy_ratio, requests_per_s AS rps
  FROM dynoscope.host_windows
  WHERE time > now('UTC') - INTERVAL 2 MINUTE AND {{is_current}}
  ORDER BY time DESC, epoch DESC
  LIMIT 1 BY host
)
GROUP BY tier, service
COMMENT 'Every tier now: its hosts in their newest 10-second windows, at most 2 minutes old';

CREATE OR REPLACE VIEW dynoscope.v_comparison (
  date Date COMMENT 'Day, UTC',
  service String COMMENT 'Service',
  tier String COMMENT 'Tier of the service',
  hosts UInt64 COMMENT 'Hosts seen that day, count',
  cpu_p5 Nullable(Float64) COMMENT 'CPU busy ratio of 10-second windows of its hosts, 5th percentile, ratio',
  cpu_p25 Nullable(Float64) COMMENT '25th percentile, ratio',
  cpu_p50 Nullable(Float64) COMMENT 'Median, ratio',
  cpu_p75 Nullable(Float64) COMMENT '75th percentile, ratio',
  cpu_p95 Nullable(Float64) COMMENT '95th percentile, ratio',
  reference_p50 Nullable(Float64) COMMENT 'Median of the reference service that day, ratio; NULL = no service is marked as reference',
  versus_reference Nullable(Float64) COMMENT 'Median over that of the reference service; above 1.2 is a finding, ratio'
) AS
WITH reference AS (
  SELECT toDate(time) AS date, quantileTDigest(0.5)(cpu_busy_ratio) AS p50
  FROM dynoscope.host_windows
  WHERE service IN (SELECT service FROM dynoscope.service_info FINAL WHERE reference AND NOT removed) AND {{is_current}}
  GROUP BY date
)
SELECT
  s.date AS date, s.service AS service, s.tier AS tier, s.hosts AS hosts,
  s.p[1] AS cpu_p5, s.p[2] AS cpu_p25, s.p[3] AS cpu_p50, s.p[4] AS cpu_p75, s.p[5] AS cpu_p95,
  toNullable(r.p50) AS reference_p50, s.p[3] / nullIf(r.p50, 0) AS versus_reference
FROM (
  SELECT toDate(time) AS date, service, tier, uniqExact(host) AS hosts,
    quantilesTDigest(0.05, 0.25, 0.5, 0.75, 0.95)(cpu_busy_ratio) AS p
  FROM dynoscope.host_windows
  WHERE {{is_current}}
  GROUP BY date, service, tier
) AS s
LEFT JOIN reference AS r ON r.date = s.date
COMMENT 'Services and tiers of a day beside the reference service';
