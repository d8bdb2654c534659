-- Where hosts belong, what services and hosts are. Topics without windows: rows carry the offset of their record,
-- the resume check asks for the highest one. Small tables: no partitions.
CREATE TABLE IF NOT EXISTS dynoscope.host_placement (
  host String COMMENT 'Host name',
  valid_from DateTime64(3, 'UTC') COMMENT 'In force for windows that end after this moment, UTC; 1970 = from the beginning',
  tier LowCardinality(String) COMMENT 'Tier; unassigned = the host left the inventory at valid_from',
  service LowCardinality(String) COMMENT 'Service',
  region LowCardinality(String) COMMENT 'Region',
  datacenter LowCardinality(String) COMMENT 'Data centre',
  rack LowCardinality(String) COMMENT 'Rack',
  server_type LowCardinality(String) COMMENT 'Server type',
  generation LowCardinality(String) COMMENT 'CPU generation',
  pool LowCardinality(String) COMMENT 'Load-balancer pool',
  server String COMMENT 'Name of the host in its pool',
  build LowCardinality(String) COMMENT 'Software build',
  owner LowCardinality(String) COMMENT 'Who answers for the host',
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings',
  record_offset UInt64 COMMENT 'Offset of the record in its partition: of two rows with one key the later one stays'
) ENGINE = ReplacingMergeTree(record_offset)
ORDER BY (host, valid_from)
SETTINGS {{stream_settings}}
COMMENT 'Placements of every host, past, present and announced';

CREATE TABLE IF NOT EXISTS dynoscope.service_info (
  service String COMMENT 'Service',
  product LowCardinality(String) COMMENT 'Product that the service belongs to',
  top_tier LowCardinality(String) COMMENT 'Tier by which the service is compared',
  web_related Bool COMMENT 'Serves web requests',
  reference Bool COMMENT 'The service that others are compared with',
  owners Array(String) COMMENT 'Who answers for the service',
  removed Bool COMMENT 'Taken out of the inventory',
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings',
  record_offset UInt64 COMMENT 'Offset of the record in its partition: of two rows with one key the later one stays'
) ENGINE = ReplacingMergeTree(record_offset)
ORDER BY service
SETTINGS {{stream_settings}}
COMMENT 'Services: product, owners, reference';

CREATE TABLE IF NOT EXISTS dynoscope.system_info (
  host String COMMENT 'Host name as its agent reports it',
  time DateTime64(3, 'UTC') COMMENT 'When the agent looked, UTC',
  simulated Bool COMMENT 'A host of the fleet simulator',
  agent_version LowCardinality(String) COMMENT 'Version of the agent',
  interval_ms Float32 COMMENT 'Sampling interval, ms',
  boot_time DateTime64(3, 'UTC') COMMENT 'When the host was started, UTC',
  os LowCardinality(String) COMMENT 'Distribution and version',
  kernel LowCardinality(String) COMMENT 'Kernel release',
  architecture LowCardinality(String) COMMENT 'Machine architecture as the kernel names it',
  virtualization LowCardinality(String) COMMENT 'none, unknown, or the kind of hypervisor or container',
  cpu_model LowCardinality(String) COMMENT 'CPU model as the kernel names it',
  generation LowCardinality(String) COMMENT 'CPU generation; empty when the model is not in the table',
  sockets UInt16 COMMENT 'CPU sockets, count',
  physical_cores UInt16 COMMENT 'Physical cores, count',
  logical_cpus UInt16 COMMENT 'Logical CPUs, count',
  numa_nodes UInt16 COMMENT 'NUMA nodes, count',
  memory_bytes UInt64 COMMENT 'Memory, bytes',
  swap_bytes UInt64 COMMENT 'Swap space, bytes',
  disks Array(String) COMMENT 'Block devices: name, model, size in bytes, rotational or not',
  nics Array(String) COMMENT 'Network interfaces: name, driver, speed in Mbit/s',
  unavailable Map(LowCardinality(String), LowCardinality(String)) COMMENT 'Counters that have no value on this host, by name: the reason',
  src LowCardinality(String) COMMENT 'Topic-partition that the row came from',
  epoch UInt32 COMMENT 'Epoch of the settings',
  record_offset UInt64 COMMENT 'Offset of the record in its partition'
) ENGINE = ReplacingMergeTree(record_offset)
ORDER BY (host, time)
SETTINGS {{stream_settings}}
COMMENT 'What every host is, each time it changed';

CREATE TABLE IF NOT EXISTS dynoscope.server_types (
  kind LowCardinality(String) COMMENT 'server_type = a standard system of one year; generation = a generation of web servers',
  year UInt16 COMMENT 'Year of the table that it stands in',
  type LowCardinality(String) COMMENT 'Roman number of a server type; empty for generations',
  name LowCardinality(String) COMMENT 'Name: of the use of a server type, or the short name of a generation as placements say it',
  cpu String COMMENT 'Processor, as the table words it',
  memory String COMMENT 'Memory, as the table words it; empty for generations',
  disk String COMMENT 'Disks, as the table words it; empty for generations',
  rack String COMMENT 'What a rack holds, as the table words it; empty for server types',
  servers_per_rack Nullable(UInt32) COMMENT 'Servers in a rack, count; NULL = not stated',
  real_cores Nullable(UInt32) COMMENT 'Physical cores, count; NULL = not stated',
  logical_cpus Nullable(UInt32) COMMENT 'Logical CPUs, count; NULL = not stated',
  ghz Nullable(Float32) COMMENT 'Clock, GHz; NULL = not stated',
  rcu Nullable(Float32) COMMENT 'Relative compute units of one host, NHM = 1; NULL = withheld or not stated',
  loaded_at DateTime('UTC') DEFAULT now() COMMENT 'When the row was loaded, UTC'
) ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (kind, year, type, name)
COMMENT 'Server types and generations and what they are worth; loaded by migrate';
