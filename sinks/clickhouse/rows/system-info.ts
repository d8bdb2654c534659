import type { StageStats, SystemInfo } from '../../../schemas/records.ts';
import type { LoggedValue, RowKind } from './row-kind.ts';

/** What a host is. A tombstone (the host is gone for good) writes nothing: what it was stays true. */
export const systemInfo: RowKind<LoggedValue<SystemInfo | undefined>> = {
  table: 'system_info',
  columns: [
    'host',
    'time',
    'simulated',
    'agent_version',
    'interval_ms',
    'boot_time',
    'os',
    'kernel',
    'architecture',
    'virtualization',
    'cpu_model',
    'generation',
    'sockets',
    'physical_cores',
    'logical_cpus',
    'numa_nodes',
    'memory_bytes',
    'swap_bytes',
    'disks',
    'nics',
    'unavailable',
    'src',
    'epoch',
    'record_offset',
  ],
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
  columns: [
    'time',
    'stage',
    'stage_epoch',
    'task',
    'worker',
    'state',
    'reason',
    'stats',
    'src',
    'epoch',
    'record_offset',
  ],
  append(rows, { value: said, offset }, { src, epoch }) {
    if (said === undefined) return;
    rows.milliseconds(said.timeMs).text(said.stage).integer(said.epoch).text(said.task).text(said.worker);
    rows.text(said.state).text(said.reason).map(said.stats).text(src).integer(epoch).integer(offset).endRow();
  },
};
