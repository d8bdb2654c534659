import type { CounterDefinition } from '../counter.ts';
import { countersOf } from './define.ts';

const { gauge, rate, ratio } = countersOf('memory');

const occupancy: readonly CounterDefinition[] = [
  gauge('mem_total_bytes', {
    aggregation: 'last',
    summary: 'Memory the kernel can use.',
    source: '/proc/meminfo MemTotal',
  }),
  gauge('mem_available_bytes', {
    summary: 'Memory that programs can get without swapping.',
    source: '/proc/meminfo MemAvailable',
  }),
  ratio('mem_available_ratio', {
    summary: 'Available memory divided by total.',
    source: '/proc/meminfo MemAvailable / MemTotal',
  }),
  gauge('mem_free_bytes', { summary: 'Memory used for nothing.', source: '/proc/meminfo MemFree' }),
  gauge('mem_cached_bytes', { summary: 'Page cache.', source: '/proc/meminfo Cached' }),
  gauge('mem_dirty_bytes', { summary: 'Memory waiting to be written.', source: '/proc/meminfo Dirty' }),
  gauge('mem_anon_bytes', { summary: 'Memory of programs, no file behind it.', source: '/proc/meminfo AnonPages' }),
  gauge('mem_shmem_bytes', { summary: 'Shared memory and tmpfs.', source: '/proc/meminfo Shmem' }),
  gauge('mem_slab_bytes', { summary: 'Kernel object caches.', source: '/proc/meminfo Slab' }),
  gauge('mem_slab_unreclaimable_bytes', {
    summary: 'Kernel object caches that cannot be given back.',
    source: '/proc/meminfo SUnreclaim',
  }),
  gauge('mem_page_tables_bytes', { summary: 'Page tables.', source: '/proc/meminfo PageTables' }),
  gauge('mem_committed_bytes', { summary: 'Memory promised to programs.', source: '/proc/meminfo Committed_AS' }),
  gauge('hugepages_total_count', { summary: 'Huge pages reserved.', source: '/proc/meminfo HugePages_Total' }),
  gauge('hugepages_free_count', { summary: 'Huge pages not in use.', source: '/proc/meminfo HugePages_Free' }),
  gauge('mem_hardware_corrupted_bytes', {
    aggregation: 'max',
    summary: 'Memory taken out of use because of hardware errors.',
    source: '/proc/meminfo HardwareCorrupted',
  }),
  gauge('swap_total_bytes', { aggregation: 'last', summary: 'Swap space.', source: '/proc/meminfo SwapTotal' }),
  gauge('swap_free_bytes', { summary: 'Swap space not in use.', source: '/proc/meminfo SwapFree' }),
  ratio('swap_used_ratio', {
    summary: 'Share of swap space in use; 0 where there is none.',
    source: '/proc/meminfo SwapTotal, SwapFree',
  }),
];

const pressure: readonly CounterDefinition[] = [
  rate('swap_in_pages_per_s', { summary: 'Pages read back from swap per second.', source: '/proc/vmstat pswpin' }),
  rate('swap_out_pages_per_s', { summary: 'Pages written to swap per second.', source: '/proc/vmstat pswpout' }),
  rate('page_in_bytes_per_s', { summary: 'Bytes paged in from storage per second.', source: '/proc/vmstat pgpgin' }),
  rate('page_out_bytes_per_s', { summary: 'Bytes paged out to storage per second.', source: '/proc/vmstat pgpgout' }),
  rate('direct_reclaims_per_s', {
    summary: 'Times per second that a task had to free memory itself.',
    source: '/proc/vmstat allocstall_*',
  }),
  rate('oom_kills_per_s', {
    summary: 'Tasks killed per second because memory ran out.',
    source: '/proc/vmstat oom_kill',
  }),
  rate('compaction_stalls_per_s', {
    summary: 'Times per second that a task had to compact memory itself.',
    source: '/proc/vmstat compact_stall',
  }),
  rate('compaction_failures_per_s', {
    summary: 'Compactions per second that yielded no page.',
    source: '/proc/vmstat compact_fail',
  }),
  rate('compaction_successes_per_s', {
    summary: 'Compactions per second that yielded a page.',
    source: '/proc/vmstat compact_success',
  }),
  rate('edac_correctable_errors_per_s', {
    summary: 'Memory errors corrected per second.',
    source: 'edac/mc/mcN/ce_count',
  }),
  rate('edac_uncorrectable_errors_per_s', {
    summary: 'Memory errors per second that could not be corrected.',
    source: 'edac/mc/mcN/ue_count',
  }),
];

const numa: readonly CounterDefinition[] = [
  gauge('numa_node_count', { aggregation: 'last', summary: 'NUMA nodes.', source: 'devices/system/node/online' }),
  rate('numa_hit_pages_per_s', {
    summary: 'Pages per second allocated on the node that was wanted.',
    source: '/proc/vmstat numa_hit',
  }),
  rate('numa_miss_pages_per_s', {
    summary: 'Pages per second allocated on another node than was wanted.',
    source: '/proc/vmstat numa_miss',
  }),
  ratio('numa_remote_ratio', {
    summary: 'Share of page allocations that were remote to the running CPU.',
    source: '/proc/vmstat numa_other / (numa_local + numa_other)',
  }),
  rate('numa_hint_faults_per_s', {
    summary: 'Faults per second taken by NUMA balancing.',
    source: '/proc/vmstat numa_hint_faults',
  }),
  rate('numa_migrated_pages_per_s', {
    summary: 'Pages per second moved between nodes by NUMA balancing.',
    source: '/proc/vmstat numa_pages_migrated',
  }),
];

const bandwidth: readonly CounterDefinition[] = [
  rate('memory_bandwidth_bytes_per_s', {
    summary: 'Bytes read from and written to memory per second.',
    source: 'uncore_imc CAS × 64, else sum of resctrl mbm_total_bytes',
    seedLabel: 'Memory bandwidth',
    seedName: 'memory_bandwidth',
  }),
  rate('memory_bandwidth_read_bytes_per_s', {
    summary: 'Bytes read from memory per second.',
    source: 'uncore_imc CAS_COUNT.RD × 64',
  }),
  rate('memory_bandwidth_write_bytes_per_s', {
    summary: 'Bytes written to memory per second.',
    source: 'uncore_imc CAS_COUNT.WR × 64',
  }),
  rate('memory_bandwidth_local_bytes_per_s', {
    summary: 'Memory traffic per second to the node of the CPU that caused it.',
    source: 'resctrl mbm_local_bytes',
    seedLabel: 'Local memory bw',
    seedName: 'local_memory_bw',
  }),
  rate('memory_bandwidth_remote_bytes_per_s', {
    summary: 'Memory traffic per second to other nodes.',
    source: 'resctrl mbm_total_bytes − mbm_local_bytes',
    seedLabel: 'Remote memory bw',
    seedName: 'remote_memory_bw',
  }),
  ratio('memory_bandwidth_ratio', {
    summary: 'Memory bandwidth divided by what the channels can carry.',
    source: 'memory_bandwidth_bytes_per_s / (channels × MT/s × 8 bytes)',
    seedLabel: 'Memory bw utilization',
    seedName: 'memory_bw_utilization',
  }),
  gauge('memory_latency_local_ns', {
    summary: 'Mean time of a last-level cache read miss served by the local node.',
    source: 'uncore_cha TOR occupancy / inserts, local',
  }),
  gauge('memory_latency_remote_ns', {
    summary: 'Mean time of a last-level cache read miss served by another node.',
    source: 'uncore_cha TOR occupancy / inserts, remote',
  }),
  ratio('memory_reads_remote_ratio', {
    summary: 'Share of last-level cache read misses served by another node.',
    source: 'uncore_cha TOR inserts, remote / all',
  }),
  gauge('llc_occupancy_bytes', {
    summary: 'Bytes of last-level cache in use.',
    source: 'resctrl mon_L3_*/llc_occupancy',
  }),
  ratio('interconnect_ratio', {
    summary: 'Share of the link capacity between sockets in use.',
    source: 'uncore_qpi/upi flits / clock',
  }),
];

/** Memory: what holds it, how scarce it is, how far and how fast it is. */
export const memoryCounters: readonly CounterDefinition[] = [...occupancy, ...pressure, ...numa, ...bandwidth];
