import { columnsOf } from './counter-columns.ts';
import type { SecondOfHost } from './host.ts';

const shared = columnsOf(['storage_busiest_ratio', 'storage_slowest_latency_ms']);
const namesOf = <K extends 'disk' | 'flash'>(kind: K) =>
  [
    `${kind}_rd_bytes_per_s`,
    `${kind}_wr_bytes_per_s`,
    `${kind}_rd_ios_per_s`,
    `${kind}_wr_ios_per_s`,
    `${kind}_rd_ms_per_s`,
    `${kind}_wr_ms_per_s`,
    `${kind}_rd_latency_ms`,
    `${kind}_wr_latency_ms`,
    `${kind}_busy_ratio`,
    `${kind}_queue_count`,
  ] as const;
const iops = columnsOf(['disk_read_iops', 'disk_write_iops']);

interface Device {
  readonly columns: readonly number[];
  /** Requests per second of one device that is busy all the time. */
  readonly iosPerS: number;
  readonly serviceMs: number;
}

const disk: Device = { columns: Object.values(columnsOf(namesOf('disk'))), iosPerS: 140, serviceMs: 7 };
const flash: Device = { columns: Object.values(columnsOf(namesOf('flash'))), iosPerS: 60_000, serviceMs: 0.15 };
const readBytes = 65_536;
const writeBytes = 32_768;

export const storageColumns = (hardware: { readonly disks: number; readonly flashes: number }): readonly number[] => [
  ...Object.values(shared),
  ...(hardware.disks > 0 ? [...disk.columns, ...Object.values(iops)] : []),
  ...(hardware.flashes > 0 ? flash.columns : []),
];

/** Devices are equally busy; requests take longer the busier they are. */
export function fillStorage(values: Float64Array, second: SecondOfHost): void {
  const { hardware, behaviour, work, noise } = second;
  const busy = Math.min(0.98, behaviour.storageBusy * work.level * Math.max(0, 1 + 0.1 * noise()));
  if (hardware.disks > 0) {
    const { reads, writes } = fillDevices(values, disk, hardware.disks, busy, behaviour.readsOfStorage);
    values[iops.disk_read_iops] = reads;
    values[iops.disk_write_iops] = writes;
  }
  if (hardware.flashes > 0) fillDevices(values, flash, hardware.flashes, busy, behaviour.readsOfStorage);
  const slowest = hardware.disks > 0 ? disk : flash;
  values[shared.storage_busiest_ratio] = busy;
  values[shared.storage_slowest_latency_ms] = slowest.serviceMs / (1 - busy);
}

function fillDevices(values: Float64Array, device: Device, count: number, busy: number, readShare: number) {
  const ios = device.iosPerS * count * busy;
  const reads = Math.round(ios * readShare);
  const writes = Math.round(ios * (1 - readShare));
  const latencyMs = device.serviceMs / (1 - busy);
  const [rdBytes, wrBytes, rdIos, wrIos, rdMs, wrMs, rdLatency, wrLatency, busyRatio, queue] = device.columns;
  values[rdBytes!] = reads * readBytes;
  values[wrBytes!] = writes * writeBytes;
  values[rdIos!] = reads;
  values[wrIos!] = writes;
  values[rdMs!] = reads * latencyMs;
  values[wrMs!] = writes * latencyMs;
  values[rdLatency!] = reads === 0 ? Number.NaN : latencyMs;
  values[wrLatency!] = writes === 0 ? Number.NaN : latencyMs;
  values[busyRatio!] = busy;
  values[queue!] = ((reads + writes) * latencyMs) / 1_000;
  return { reads, writes };
}
