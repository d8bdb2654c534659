import type { CounterDefinition } from '../counter.ts';
import { countersOf } from './define.ts';

const { gauge, rate, ratio } = countersOf('kernel');

/** Where CPU time went, as the kernel accounts it. */
const cpuTime: readonly CounterDefinition[] = [
  ratio('cpu_busy_ratio', {
    summary: 'Share of CPU time that was neither idle nor waiting for I/O; guest time is not counted twice.',
    source: '/proc/stat cpu: (total − idle − iowait) / total',
    seedLabel: 'CPU busy',
    seedName: 'cpu_busy',
  }),
  ratio('cpu_user_ratio', { summary: 'Share of CPU time in user space, nice included.', source: '/proc/stat cpu' }),
  ratio('cpu_system_ratio', {
    summary: 'Share of CPU time in the kernel, interrupts and softirqs included.',
    source: '/proc/stat cpu: (system + irq + softirq) / total',
  }),
  ratio('cpu_iowait_ratio', { summary: 'Share of CPU time idle while I/O was pending.', source: '/proc/stat cpu' }),
  ratio('cpu_irq_ratio', { summary: 'Share of CPU time in hardware interrupts.', source: '/proc/stat cpu' }),
  ratio('cpu_softirq_ratio', { summary: 'Share of CPU time in softirqs.', source: '/proc/stat cpu' }),
  ratio('cpu_steal_ratio', { summary: 'Share of CPU time the hypervisor gave to others.', source: '/proc/stat cpu' }),
  ratio('cpu_kernel_of_busy_ratio', {
    summary: 'Kernel time (system, irq, softirq) divided by busy time.',
    source: '/proc/stat cpu',
  }),
  ratio('cpu_busiest_ratio', { summary: 'Busy share of the busiest CPU.', source: '/proc/stat cpuN' }),
  ratio('cpu_saturated_ratio', {
    summary: 'Share of CPUs that were more than 95 % busy.',
    source: '/proc/stat cpuN',
  }),
  ratio('cpu_softirq_skew_ratio', {
    summary: 'Share of all softirq time that the most loaded CPU carried.',
    source: '/proc/stat cpuN softirq',
  }),
];

/** Who waits for the CPUs. */
const scheduling: readonly CounterDefinition[] = [
  gauge('load1', { unit: 'count', summary: 'Load average over 1 minute.', source: '/proc/loadavg' }),
  gauge('load5', { unit: 'count', summary: 'Load average over 5 minutes.', source: '/proc/loadavg' }),
  gauge('load15', { unit: 'count', summary: 'Load average over 15 minutes.', source: '/proc/loadavg' }),
  gauge('procs_running_count', { summary: 'Tasks runnable: the run queue.', source: '/proc/stat procs_running' }),
  gauge('procs_blocked_count', { summary: 'Tasks blocked on I/O.', source: '/proc/stat procs_blocked' }),
  gauge('threads_count', { summary: 'Threads that exist.', source: '/proc/loadavg' }),
  rate('runqueue_wait_ms_per_s', {
    summary: 'Time tasks waited on a run queue, per CPU and second.',
    source: '/proc/schedstat cpuN run_delay',
  }),
  ratio('psi_cpu_some_ratio', {
    summary: 'Share of time in which some task waited for a CPU.',
    source: '/proc/pressure/cpu some total',
  }),
  ratio('psi_memory_some_ratio', {
    summary: 'Share of time in which some task waited for memory.',
    source: '/proc/pressure/memory some total',
  }),
  ratio('psi_memory_full_ratio', {
    summary: 'Share of time in which all tasks waited for memory.',
    source: '/proc/pressure/memory full total',
  }),
  ratio('psi_io_some_ratio', {
    summary: 'Share of time in which some task waited for I/O.',
    source: '/proc/pressure/io some total',
  }),
  ratio('psi_io_full_ratio', {
    summary: 'Share of time in which all tasks waited for I/O.',
    source: '/proc/pressure/io full total',
  }),
  rate('context_switches_per_s', {
    summary: 'Context switches per second.',
    source: '/proc/stat ctxt',
    seedLabel: 'Context switches',
    seedName: 'context_switches',
  }),
  rate('forks_per_s', { summary: 'Processes and threads created per second.', source: '/proc/stat processes' }),
  rate('syscalls_per_s', {
    summary: 'System calls entered per second.',
    source: 'tracepoint raw_syscalls:sys_enter',
  }),
];

const interruptsAndFaults: readonly CounterDefinition[] = [
  rate('interrupts_per_s', { summary: 'Interrupts per second, all sources.', source: '/proc/stat intr' }),
  rate('interrupts_nic_per_s', {
    summary: 'Interrupts per second of the primary network interface.',
    source: '/proc/interrupts rows of the interface with the default route',
    seedLabel: 'Interrupts etho per sec',
    seedName: 'interrupts_eth0_per_sec',
  }),
  rate('interrupts_tlb_shootdowns_per_s', {
    summary: 'Inter-processor interrupts per second that flush TLBs.',
    source: '/proc/interrupts TLB',
    seedLabel: 'Interrupts tlbshootdowns',
    seedName: 'interrupts_tlbshootdowns',
  }),
  rate('interrupts_reschedule_per_s', {
    summary: 'Inter-processor interrupts per second that wake another CPU.',
    source: '/proc/interrupts RES',
  }),
  rate('softirqs_per_s', { summary: 'Softirqs per second, all kinds.', source: '/proc/stat softirq' }),
  rate('softirqs_net_rx_per_s', { summary: 'Receive softirqs per second.', source: '/proc/stat softirq' }),
  rate('page_faults_per_s', {
    summary: 'Page faults per second, minor and major.',
    source: '/proc/vmstat pgfault',
    seedLabel: 'Page faults',
    seedName: 'page_faults',
  }),
  rate('major_page_faults_per_s', {
    summary: 'Page faults per second that had to read from storage.',
    source: '/proc/vmstat pgmajfault',
  }),
  gauge('open_files_count', { summary: 'Open file handles.', source: '/proc/sys/fs/file-nr' }),
  gauge('host_uptime_s', {
    aggregation: 'last',
    summary: 'Seconds since the machine started.',
    source: '/proc/uptime',
  }),
];

/** What the kernel accounts: CPU time, scheduling, interrupts, faults. */
export const kernelCounters: readonly CounterDefinition[] = [...cpuTime, ...scheduling, ...interruptsAndFaults];
