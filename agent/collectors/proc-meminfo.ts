import { numbersByName } from '../byte-cursor.ts';
import { defineCollector, type Readings } from '../collector.ts';
import { over, type Reading } from '../readings.ts';
import { isBytes } from '../source-tree.ts';

export interface MemInfo {
  readonly lines: ReadonlyMap<string, number>;
}

/** Counters that are one line of /proc/meminfo, printed in KiB. */
const kibLines: Readonly<Record<string, string>> = {
  mem_total_bytes: 'MemTotal',
  mem_available_bytes: 'MemAvailable',
  mem_free_bytes: 'MemFree',
  mem_cached_bytes: 'Cached',
  mem_dirty_bytes: 'Dirty',
  mem_anon_bytes: 'AnonPages',
  mem_shmem_bytes: 'Shmem',
  mem_slab_bytes: 'Slab',
  mem_slab_unreclaimable_bytes: 'SUnreclaim',
  mem_page_tables_bytes: 'PageTables',
  mem_committed_bytes: 'Committed_AS',
  mem_hardware_corrupted_bytes: 'HardwareCorrupted',
  swap_total_bytes: 'SwapTotal',
  swap_free_bytes: 'SwapFree',
};

/** Lines without a unit. */
const countLines: Readonly<Record<string, string>> = {
  hugepages_total_count: 'HugePages_Total',
  hugepages_free_count: 'HugePages_Free',
};

function derive(current: MemInfo): Readings {
  const reading = (line: string, factor: number): Reading => {
    const value = current.lines.get(line);
    return value === undefined ? 'not_supported_kernel' : value * factor;
  };
  const swapTotal = reading('SwapTotal', 1);
  const swapFree = reading('SwapFree', 1);
  const swapUsed = typeof swapTotal === 'number' && typeof swapFree === 'number' ? swapTotal - swapFree : swapFree;
  return {
    ...Object.fromEntries(Object.entries(kibLines).map(([counter, line]) => [counter, reading(line, 1024)])),
    ...Object.fromEntries(Object.entries(countLines).map(([counter, line]) => [counter, reading(line, 1)])),
    mem_available_ratio: over(reading('MemAvailable', 1), reading('MemTotal', 1)),
    swap_used_ratio: swapTotal === 0 ? 0 : over(swapUsed, swapTotal),
  };
}

export default defineCollector<MemInfo>({
  name: 'proc-meminfo',
  counters: [...Object.keys(kibLines), ...Object.keys(countLines), 'mem_available_ratio', 'swap_used_ratio'],
  read: (tree, previous) => {
    const bytes = tree.read('proc/meminfo');
    return isBytes(bytes) ? { lines: numbersByName(bytes, previous?.lines.keys()) } : bytes;
  },
  derive: ({ current }) => derive(current),
});
