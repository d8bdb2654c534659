-- Views for analysts. Made anew by every migrate; their names and columns are stable.
CREATE OR REPLACE VIEW dynoscope.v_host_tier_asof (
  host String COMMENT 'Host name',
  valid_from DateTime64(3, 'UTC') COMMENT 'In force for windows that end after this moment, UTC',
  valid_to DateTime64(3, 'UTC') COMMENT 'and up to this moment, UTC; 2299 = still in force',
  tier String COMMENT 'Tier in force; unassigned = the host had left the inventory',
  service String COMMENT 'Service in force',
  region String COMMENT 'Region in force',
  datacenter String COMMENT 'Data centre in force',
  rack String COMMENT 'Rack in force',
  server_type String COMMENT 'Server type in force',
  generation String COMMENT 'CPU generation in force',
  pool String COMMENT 'Load-balancer pool in force',
  server String COMMENT 'Name in the pool in force',
  build String COMMENT 'Software build in force',
  owner String COMMENT 'Owner in force'
) AS
SELECT
  host,
  valid_from,
  leadInFrame(valid_from, 1, toDateTime64('2299-01-01 00:00:00', 3, 'UTC'))
    OVER (PARTITION BY host ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS valid_to,
  tier, service, region, datacenter, rack, server_type, generation, pool, server, build, owner
FROM dynoscope.host_placement FINAL
COMMENT 'Where each host belonged and when: join with time > valid_from AND time <= valid_to';

CREATE OR REPLACE VIEW dynoscope.v_host_now (
  host String COMMENT 'Host name',
  time DateTime('UTC') COMMENT 'End of its newest 10-second window, UTC',
  age_s Int64 COMMENT 'How long ago that was, s',
  simulated Nullable(Bool) COMMENT 'A host of the fleet simulator; NULL = its agent has not said yet',
  tier String COMMENT 'Tier in that window',
  service String COMMENT 'Service in that window',
  region String COMMENT 'Region in that window',
  server_type String COMMENT 'Server type',
  generation String COMMENT 'CPU generation',
  build String COMMENT 'Software build',
  pool String COMMENT 'Load-balancer pool',
  os String COMMENT 'Distribution and version',
  kernel String COMMENT 'Kernel release',
  samples UInt8 COMMENT 'One-second samples in that window, count',
  cpu_busy_ratio Nullable(Float32) COMMENT 'Share of CPU time that was not idle, ratio'
) AS
SELECT
  w.host AS host, w.time AS time, dateDiff('second', w.time, now('UTC')) AS age_s,
  if(i.host = '', NULL, i.simulated) AS simulated,
  w.tier AS tier, w.service AS service, w.region AS region, w.server_type AS server_type, w.generation AS generation,
  w.build AS build, w.pool AS pool, i.os AS os, i.kernel AS kernel, w.samples AS samples, w.cpu_busy_ratio AS cpu_busy_ratio
FROM (
  SELECT host, time, tier, service, region, server_type, generation, build, pool, samples, cpu_busy_ratio
  FROM dynoscope.host_windows
  WHERE time > now('UTC') - INTERVAL 1 HOUR AND {{is_current}}
  ORDER BY time DESC, epoch DESC
  LIMIT 1 BY host
) AS w
LEFT JOIN (
  SELECT host, simulated, os, kernel FROM dynoscope.system_info FINAL ORDER BY time DESC LIMIT 1 BY host
) AS i ON i.host = w.host
COMMENT 'Every host heard in the last hour, in its newest 10-second window';
