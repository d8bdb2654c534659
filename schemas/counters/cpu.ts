import type { CounterDefinition } from '../counter.ts';
import { countersOf } from './define.ts';

const { gauge, rate, ratio } = countersOf('cpu');

/** What the processors themselves say: hardware counters, frequency, throttling, topology. */
export const cpuCounters: readonly CounterDefinition[] = [
  rate('cpu_instructions_per_s', {
    summary: 'Instructions retired per second, all CPUs.',
    source: 'perf_event instructions',
    seedLabel: 'CPU instructions',
    seedName: 'cpu_instructions',
  }),
  rate('cpu_cycles_per_s', {
    summary: 'Unhalted core cycles per second, all CPUs.',
    source: 'perf_event cycles, same group as instructions',
    seedLabel: 'CPU cycles',
    seedName: 'cpu_cycles',
  }),
  gauge('instructions_per_cycle', {
    summary: 'Instructions divided by cycles of one group read.',
    source: 'perf_event instructions, cycles',
    seedLabel: 'Instructions-per-cycle',
    seedName: 'instructions_per_cycle',
  }),
  gauge('cycles_per_instruction', {
    unit: 'cycles/instruction',
    summary: 'Cycles divided by instructions of one group read (CPI).',
    source: 'perf_event cycles, instructions',
  }),
  gauge('kernel_cycles_per_instruction', {
    unit: 'cycles/instruction',
    summary: 'CPI of the time spent in the kernel.',
    source: 'perf_event cycles:k, instructions:k',
  }),
  gauge('cpu_frequency_hz', {
    summary: 'Frequency at which the CPUs ran, mean over CPUs.',
    source: 'perf_event cycles / ref-cycles × TSC, else cpufreq/scaling_cur_freq',
    seedLabel: 'CPU frequency',
    seedName: 'cpu_frequency',
  }),
  gauge('cpu_nominal_frequency_hz', {
    aggregation: 'last',
    summary: 'Frequency the CPU is sold with, turbo apart.',
    source: 'cpufreq/base_frequency, else the model name in /proc/cpuinfo',
  }),
  gauge('cpu_core_count', {
    aggregation: 'last',
    summary: 'Logical CPUs online.',
    source: '/proc/stat cpuN lines',
    seedLabel: 'CPU core count',
    seedName: 'cpu_core_count',
  }),
  gauge('cpu_physical_core_count', {
    aggregation: 'last',
    summary: 'Physical cores, hyper-threads of a core counted once.',
    source: '/proc/cpuinfo physical id, core id',
  }),
  gauge('cpu_socket_count', {
    aggregation: 'last',
    summary: 'Sockets (CPU packages) in use.',
    source: '/proc/cpuinfo physical id',
  }),
  ratio('cpu_turbo_enabled_ratio', {
    aggregation: 'last',
    summary: '1 when frequencies above nominal are allowed, 0 when not.',
    source: 'intel_pstate/no_turbo, else cpufreq/boost',
    seedLabel: 'Turbo status',
    seedName: 'turbo_status',
  }),
  rate('cpu_throttle_events_per_s', {
    summary: 'Times per second that a core was slowed because of heat.',
    source: 'cpuN/thermal_throttle/core_throttle_count',
  }),
  ratio('cpu_throttle_time_ratio', {
    summary: 'Share of time that cores spent slowed because of heat, mean over cores.',
    source: 'cpuN/thermal_throttle/core_throttle_total_time_ms',
  }),
  rate('package_throttle_events_per_s', {
    summary: 'Times per second that a whole package was slowed because of heat.',
    source: 'cpuN/thermal_throttle/package_throttle_count',
  }),
  ratio('cpu_limited_thermal_ratio', {
    summary: 'Share of cycles in which heat set the highest frequency.',
    source: 'uncore_pcu UNC_P_FREQ_MAX_LIMIT_THERMAL_CYCLES',
  }),
  ratio('cpu_limited_power_ratio', {
    summary: 'Share of cycles in which the power limit set the highest frequency.',
    source: 'uncore_pcu UNC_P_FREQ_MAX_POWER_CYCLES',
  }),
  rate('app_foreground_instructions_per_s', {
    summary: 'Instructions per second of the threads that serve requests.',
    source: 'application',
    seedLabel: 'HHVM foreground inst',
    seedName: 'hhvm_foreground_inst',
  }),
  ratio('branch_miss_ratio', {
    summary: 'Mispredicted branches divided by branches retired.',
    source: 'perf_event branch-misses, branch-instructions',
  }),
  ratio('llc_miss_ratio', {
    summary: 'Last-level cache misses divided by its references.',
    source: 'perf_event cache-misses, cache-references',
  }),
  gauge('llc_misses_per_instruction', {
    summary: 'Last-level cache misses per instruction.',
    source: 'perf_event cache-misses, instructions',
  }),
  gauge('l2_misses_per_instruction', {
    summary: 'Level 2 cache misses per instruction.',
    source: 'perf_event l2_lines_in.all, instructions',
  }),
  gauge('dtlb_misses_per_instruction', {
    summary: 'Data TLB load misses per instruction.',
    source: 'perf_event dTLB-load-misses, instructions',
  }),
  gauge('itlb_misses_per_instruction', {
    summary: 'Instruction TLB misses per instruction.',
    source: 'perf_event iTLB-load-misses, instructions',
  }),
  ratio('tlb_walk_cycles_ratio', {
    summary: 'Share of cycles spent walking page tables.',
    source: 'perf_event dtlb_load_misses.walk_duration, cycles',
  }),
  ratio('topdown_frontend_bound_ratio', {
    summary: 'Share of issue slots lost waiting for instructions.',
    source: 'perf_event topdown-fe-bound / slots',
  }),
  ratio('topdown_bad_speculation_ratio', {
    summary: 'Share of issue slots lost to wrong guesses.',
    source: 'perf_event topdown-bad-spec / slots',
  }),
  ratio('topdown_retiring_ratio', {
    summary: 'Share of issue slots that did useful work.',
    source: 'perf_event topdown-retiring / slots',
  }),
  ratio('topdown_backend_bound_ratio', {
    summary: 'Share of issue slots lost waiting for data or execution units.',
    source: 'perf_event topdown-be-bound / slots',
  }),
  gauge('hitm_per_instruction', {
    summary: 'Loads per instruction that hit a line modified in another core: sharing.',
    source: 'perf_event mem_load_l3_hit_retired.xsnp_hitm, instructions',
  }),
  gauge('lock_loads_per_instruction', {
    summary: 'Locked loads per instruction.',
    source: 'perf_event mem_inst_retired.lock_loads, instructions',
  }),
];
