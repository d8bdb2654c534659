import type { UnavailableReason } from '../../schemas/counter.ts';
import { defineCollector } from '../collector.ts';
import { whyNoCoreEvents, whyNoUncoreEvents } from '../performance-events.ts';

const core = [
  'cpu_instructions_per_s',
  'cpu_cycles_per_s',
  'instructions_per_cycle',
  'cycles_per_instruction',
  'kernel_cycles_per_instruction',
  'branch_miss_ratio',
  'llc_miss_ratio',
  'llc_misses_per_instruction',
  'l2_misses_per_instruction',
  'dtlb_misses_per_instruction',
  'itlb_misses_per_instruction',
  'tlb_walk_cycles_ratio',
  'topdown_frontend_bound_ratio',
  'topdown_bad_speculation_ratio',
  'topdown_retiring_ratio',
  'topdown_backend_bound_ratio',
  'hitm_per_instruction',
  'lock_loads_per_instruction',
];
const uncore = [
  'cpu_limited_thermal_ratio',
  'cpu_limited_power_ratio',
  'memory_bandwidth_read_bytes_per_s',
  'memory_bandwidth_write_bytes_per_s',
  'memory_bandwidth_ratio',
  'memory_latency_local_ns',
  'memory_latency_remote_ns',
  'memory_reads_remote_ratio',
  'interconnect_ratio',
];
/** A tracepoint: needs no counter hardware, but the addon to be read. */
const software = ['syscalls_per_s'];

interface Reasons {
  readonly core: UnavailableReason;
  readonly uncore: UnavailableReason;
}

/** Hardware counters without the native addon: only why there are none, which a virtual machine makes the common case. */
export default defineCollector<Reasons>({
  name: 'performance-events',
  counters: [...core, ...uncore, ...software],
  everySamples: 300,
  read: (tree) => ({ core: whyNoCoreEvents(tree), uncore: whyNoUncoreEvents(tree) }),
  derive: ({ current }) => ({
    ...Object.fromEntries(core.map((counter) => [counter, current.core])),
    ...Object.fromEntries(uncore.map((counter) => [counter, current.uncore])),
    ...Object.fromEntries(software.map((counter) => [counter, 'no_addon'])),
  }),
});
