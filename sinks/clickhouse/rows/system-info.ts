import type { StageStats, SystemInfo } from '../../../schemas/records.ts';
import { columnsOf } from '../columns.ts';
import { type LoggedValue, type RowKind, recordColumns } from './row-kind.ts';

/** What a host is. A tombstone (the host is gone for good) writes nothing: what it was stays true. */
export const systemInfo: RowKind<LoggedValue<SystemInfo | undefined>> = {
  table: 'system_info',
  columns: columnsOf({
    host: 'String',
    time: "DateTime64(3, 'UTC')",
    simulated: 'Bool',
    agent_version: 'LowCardinality(String)',
    interval_ms: 'Float32',
    boot_time: "DateTime64(3, 'UTC')",
    os: 'LowCardinality(String)',
    kernel: 'LowCardinality(String)',
    architecture: 'LowCardinality(String)',
    virtualization: 'LowCardinality(String)',
    cpu_model: 'LowCardinality(String)',
    generation: 'LowCardinality(String)',
    sockets: 'UInt16',
    physical_cores: 'UInt16',
    logical_cpus: 'UInt16',
    numa_nodes: 'UInt16',
    memory_bytes: 'UInt64',
    swap_bytes: 'UInt64',
    disks: 'Array(String)',
    nics: 'Array(String)',
    unavailable: 'Map(LowCardinality(String), LowCardinality(String))',
    ...recordColumns,
  }),
  append(rows, { value: host, offset }, { src, epoch }) {
    if (host === undefined) return;
    rows
      .text(host.host)
      .milliseconds(host.timeMs)
      .boolean(host.simulated)
      .text(host.agentVersion)
      .float32(host.intervalMs);
    rows
      .milliseconds(host.bootTimeMs)
      .text(host.os)
      .text(host.kernel)
      .text(host.architecture)
      .text(host.virtualization);
    rows.text(host.cpuModel).text(host.generation).integer(host.sockets).integer(host.physicalCores);
    rows.integer(host.logicalCpus).integer(host.numaNodes).integer(host.memoryBytes).integer(host.swapBytes);
    rows.texts(
      host.disks.map((disk) => `${disk.name} ${disk.model} ${disk.sizeBytes} B${disk.rotational ? ' rotational' : ''}`),
    );
    rows.texts(host.nics.map((nic) => `${nic.name} ${nic.driver} ${nic.speedMbitPerS ?? '?'} Mbit/s`));
    rows.textMap([...host.unavailable].sort(([a], [b]) => (a < b ? -1 : 1)));
    rows.text(src).integer(epoch).integer(offset).endRow();
  },
};

export const stageStats: RowKind<LoggedValue<StageStats | undefined>> = {
  table: 'stage_stats',
  columns: columnsOf({
    time: "DateTime64(3, 'UTC')",
    stage: 'LowCardinality(String)',
    stage_epoch: 'UInt32',
    task: 'LowCardinality(String)',
    worker: 'LowCardinality(String)',
    state: 'LowCardinality(String)',
    reason: 'String',
    stats: 'Map(LowCardinality(String), Float64)',
    ...recordColumns,
  }),
  append(rows, { value: said, offset }, { src, epoch }) {
    if (said === undefined) return;
    rows.milliseconds(said.timeMs).text(said.stage).integer(said.epoch).text(said.task).text(said.worker);
    rows.text(said.state).text(said.reason).map(said.stats).text(src).integer(epoch).integer(offset).endRow();
  },
};
