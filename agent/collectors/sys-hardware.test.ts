import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../testing/collect.ts';
import performanceEvents from './performance-events.ts';
import sysBlockHealth from './sys-block-health.ts';
import sysCpufreq from './sys-cpufreq.ts';
import sysEdac from './sys-edac.ts';
import sysHwmon from './sys-hwmon.ts';
import { idsInList } from './sys-numa-nodes.ts';
import sysPowercap from './sys-powercap.ts';
import sysResctrl from './sys-resctrl.ts';
import sysThermalThrottle from './sys-thermal-throttle.ts';

const zone = (name: string, label: string, microjoules: number) => ({
  [`sys/class/powercap/${name}/name`]: label,
  [`sys/class/powercap/${name}/energy_uj`]: `${microjoules}`,
  [`sys/class/powercap/${name}/max_energy_range_uj`]: '1000000000',
});

test('power is that of all packages, over the wrap of an energy counter; other views of them do not count twice', () => {
  const moment = (first: number, second: number, dram: number) => ({
    ...zone('intel-rapl:0', 'package-0', first),
    ...zone('intel-rapl:1', 'package-1', second),
    ...zone('intel-rapl:0:0', 'dram', dram),
    ...zone('intel-rapl:2', 'psys', first),
    ...zone('intel-rapl-mmio:0', 'package-0', first),
  });
  const [first, second] = collect(
    sysPowercap,
    [moment(990_000_000, 0, 0), moment(10_000_000, 40_000_000, 6_000_000)],
    2,
  );
  equal(first?.['package_power_watts'], 'first_sample');
  equal(second?.['package_power_watts'], 10 + 20);
  equal(second?.['dram_power_watts'], 3);
});

test('energy that only root may read is not permitted, and says so', () => {
  const files = { 'sys/class/powercap/intel-rapl:0/name': 'package-0' };
  const unreadable = { 'sys/class/powercap/intel-rapl:0/energy_uj': 'not_permitted' } as const;
  equal(collect(sysPowercap, [{ files, unreadable }])[0]?.['package_power_watts'], 'not_permitted');
  equal(collect(sysPowercap, [{}])[0]?.['package_power_watts'], 'not_supported_hw');
});

const monitor = (group: string, total: string, local: string, occupancy: string) => ({
  [`sys/fs/resctrl/${group}mon_data/mon_L3_00/mbm_total_bytes`]: total,
  [`sys/fs/resctrl/${group}mon_data/mon_L3_00/mbm_local_bytes`]: local,
  [`sys/fs/resctrl/${group}mon_data/mon_L3_00/llc_occupancy`]: occupancy,
});

test('memory bandwidth is summed over control groups; remote is total less local, and never below nothing', () => {
  const [, second, third] = collect(sysResctrl, [
    { ...monitor('', '0', '0', '5'), ...monitor('web/', '100', '100', '7') },
    { ...monitor('', '4000', '3000', '5'), ...monitor('web/', '2100', '1100', '7') },
    { ...monitor('', '5000', '4500', '6'), ...monitor('web/', '2100', '1100', '7') },
  ]);
  equal(second?.['memory_bandwidth_bytes_per_s'], 6_000);
  equal(second?.['memory_bandwidth_remote_bytes_per_s'], 2_000);
  equal(second?.['llc_occupancy_bytes'], 12);
  equal(third?.['memory_bandwidth_remote_bytes_per_s'], 0);
});

test('a monitor that lost its hardware counter has no number, and an unmounted or absent resctrl has its reason', () => {
  const lost = monitor('', 'Unavailable', 'Unavailable', '5');
  equal(collect(sysResctrl, [lost, lost])[1]?.['memory_bandwidth_bytes_per_s'], 'not_supported_hw');
  equal(collect(sysResctrl, [{ 'sys/fs/resctrl': '' }])[0]?.['llc_occupancy_bytes'], 'not_mounted');
  equal(collect(sysResctrl, [{ 'sys/fs/cgroup': '' }])[0]?.['llc_occupancy_bytes'], 'not_supported_hw');
});

const cpu = (id: number, place: string, events: number, ms: number, packageEvents: number) => ({
  [`sys/devices/system/cpu/cpu${id}/topology/physical_package_id`]: place.split('/')[0] ?? '',
  [`sys/devices/system/cpu/cpu${id}/topology/core_id`]: place.split('/')[1] ?? '',
  [`sys/devices/system/cpu/cpu${id}/thermal_throttle/core_throttle_count`]: `${events}`,
  [`sys/devices/system/cpu/cpu${id}/thermal_throttle/core_throttle_total_time_ms`]: `${ms}`,
  [`sys/devices/system/cpu/cpu${id}/thermal_throttle/package_throttle_count`]: `${packageEvents}`,
});

test('hyper-threads repeat the count of their core and CPUs that of their package: each counts once', () => {
  const moment = (rise: number) => ({
    ...cpu(0, '0/0', 10 + rise, 100 * rise, 5 + rise),
    ...cpu(1, '0/1', 20, 0, 5 + rise),
    ...cpu(2, '0/0', 10 + rise, 100 * rise, 5 + rise),
  });
  const [, second] = collect(sysThermalThrottle, [moment(0), moment(4)], 2);
  deepEqual(second, {
    cpu_throttle_events_per_s: 2,
    cpu_throttle_time_ratio: 0.1,
    package_throttle_events_per_s: 2,
  });
});

const turboCases: [says: string, files: Record<string, string>, turbo: number | string][] = [
  ['no_turbo 1 is off', { 'sys/devices/system/cpu/intel_pstate/no_turbo': '1' }, 0],
  ['no_turbo 0 is on', { 'sys/devices/system/cpu/intel_pstate/no_turbo': '0' }, 1],
  ['boost 0 is off', { 'sys/devices/system/cpu/cpufreq/boost': '0' }, 0],
  ['neither is not supported', {}, 'not_supported_hw'],
];
for (const [says, files, turbo] of turboCases)
  test(`turbo: ${says}`, () => equal(collect(sysCpufreq, [files])[0]?.['cpu_turbo_enabled_ratio'], turbo));

test('hardware counters: no PMU in a virtual machine, no addon on a real one, no uncore on a small one', () => {
  const folder = 'sys/bus/event_source/devices';
  const reasons = (...devices: string[]) => {
    const [read] = collect(performanceEvents, [
      Object.fromEntries(devices.map((name) => [`${folder}/${name}/type`, '4'])),
    ]);
    return [read?.['cpu_instructions_per_s'], read?.['memory_latency_local_ns'], read?.['syscalls_per_s']];
  };
  deepEqual(reasons('software', 'tracepoint'), ['no_pmu', 'no_pmu', 'no_addon']);
  deepEqual(reasons('cpu'), ['no_addon', 'not_supported_hw', 'no_addon']);
  deepEqual(reasons('cpu_core', 'uncore_imc_0'), ['no_addon', 'no_addon', 'no_addon']);
});

test('memory errors, device errors and temperature', () => {
  const edac = (count: number) => ({ 'sys/devices/system/edac/mc/mc0/ce_count': `${count}` });
  equal(collect(sysEdac, [edac(1), edac(3)])[1]?.['edac_correctable_errors_per_s'], 2);
  const disk = (count: string) => ({ 'sys/block/sda/device/ioerr_cnt': count, 'sys/block/nvme0n1/size': '1' });
  const [, health] = collect(sysBlockHealth, [disk('0xe'), disk('0x11')]);
  deepEqual(health, { storage_errors_per_s: 3, flash_wear_ratio: 'no_addon' });
  const sensors = {
    'sys/class/hwmon/hwmon0/name': 'nvme',
    'sys/class/hwmon/hwmon0/temp1_input': '90000',
    'sys/class/hwmon/hwmon1/name': 'k10temp',
    'sys/class/hwmon/hwmon1/temp1_input': '55000',
  };
  equal(collect(sysHwmon, [sensors])[0]?.['cpu_temperature_celsius'], 55);
});

test('kernel lists of ids', () =>
  deepEqual(['0', '0-3', '0-1,4', '', 'x'].map(idsInList), [1, 4, 3, Number.NaN, Number.NaN]));
