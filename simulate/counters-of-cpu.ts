import { columnsOf } from './counter-columns.ts';
import type { SecondOfHost } from './host.ts';

const fixed = columnsOf([
  'cpu_core_count',
  'cpu_physical_core_count',
  'cpu_socket_count',
  'cpu_nominal_frequency_hz',
  'cpu_turbo_enabled_ratio',
  'numa_node_count',
]);
const moving = columnsOf([
  'cpu_busy_ratio',
  'cpu_user_ratio',
  'cpu_system_ratio',
  'cpu_iowait_ratio',
  'cpu_irq_ratio',
  'cpu_softirq_ratio',
  'cpu_steal_ratio',
  'cpu_kernel_of_busy_ratio',
  'cpu_busiest_ratio',
  'cpu_instructions_per_s',
  'cpu_cycles_per_s',
  'instructions_per_cycle',
  'cycles_per_instruction',
  'cpu_frequency_hz',
  'load1',
  'load5',
  'load15',
  'procs_running_count',
  'runqueue_wait_ms_per_s',
  'context_switches_per_s',
  'interrupts_per_s',
  'page_faults_per_s',
  'host_uptime_s',
]);

export const cpuColumns: readonly number[] = [...Object.values(fixed), ...Object.values(moving)];

export function fillFixedCpu(values: Float64Array, { hardware }: Pick<SecondOfHost, 'hardware'>): void {
  values[fixed.cpu_core_count] = hardware.logicalCpus;
  values[fixed.cpu_physical_core_count] = hardware.physicalCores;
  values[fixed.cpu_socket_count] = hardware.sockets;
  values[fixed.cpu_nominal_frequency_hz] = hardware.nominalHz;
  values[fixed.cpu_turbo_enabled_ratio] = 0;
  values[fixed.numa_node_count] = hardware.sockets;
}

/** Instructions, cycles and frequency are a model of the generation, not a measurement: IPC falls a little with load. */
export function fillCpu(values: Float64Array, second: SecondOfHost): void {
  const { hardware, behaviour, work, noise } = second;
  const busy = work.busyRatio;
  const kernel = Math.min(1, behaviour.kernelOfBusy * (1 + 0.05 * noise()));
  values[moving.cpu_busy_ratio] = busy;
  values[moving.cpu_kernel_of_busy_ratio] = kernel;
  values[moving.cpu_user_ratio] = busy * (1 - kernel);
  values[moving.cpu_system_ratio] = busy * kernel * 0.85;
  values[moving.cpu_softirq_ratio] = busy * kernel * 0.13;
  values[moving.cpu_irq_ratio] = busy * kernel * 0.02;
  values[moving.cpu_steal_ratio] = 0;
  values[moving.cpu_iowait_ratio] = (1 - busy) * Math.min(0.5, behaviour.storageBusy * work.level * 0.2);
  values[moving.cpu_busiest_ratio] = Math.min(1, busy + (1 - busy) * busy * (0.3 + 0.1 * Math.abs(noise())));
  const frequencyHz = hardware.nominalHz * second.frequencyRatio;
  const cycles = busy * hardware.logicalCpus * frequencyHz;
  const instructionsPerCycle = hardware.instructionsPerCycle * (1.05 - 0.1 * busy) * (1 + 0.01 * noise());
  values[moving.cpu_frequency_hz] = frequencyHz;
  values[moving.cpu_cycles_per_s] = cycles;
  values[moving.cpu_instructions_per_s] = cycles * instructionsPerCycle;
  values[moving.instructions_per_cycle] = instructionsPerCycle;
  values[moving.cycles_per_instruction] = 1 / instructionsPerCycle;
  fillKernel(values, second);
}

function fillKernel(values: Float64Array, second: SecondOfHost): void {
  const { hardware, work, loads, noise } = second;
  const cpus = hardware.logicalCpus;
  values[moving.load1] = loads.after1Min;
  values[moving.load5] = loads.after5Min;
  values[moving.load15] = loads.after15Min;
  values[moving.procs_running_count] = Math.max(1, Math.round(loads.runnable));
  values[moving.runqueue_wait_ms_per_s] = work.waitingMs / cpus;
  values[moving.context_switches_per_s] = (cpus * 150 + work.requestsPerS * 4) * (1 + 0.03 * noise());
  values[moving.interrupts_per_s] =
    (cpus * 250 * (0.3 + work.busyRatio) + work.requestsPerS * 1.5) * (1 + 0.03 * noise());
  values[moving.page_faults_per_s] = work.busyRatio * cpus * 900 * (1 + 0.1 * Math.abs(noise()));
  values[moving.host_uptime_s] = second.uptimeS;
}
