import { numbersByName } from '../byte-cursor.ts';
import { defineCollector, type Readings, type Step } from '../collector.ts';
import { over, type Reading, rate, rise, sumOf, times } from '../readings.ts';
import { isBytes } from '../source-tree.ts';

export interface VmStat {
  readonly totals: ReadonlyMap<string, number>;
}

/** Direct reclaim is counted by zone since kernel 4.8, under one name before. */
const directReclaims = ['allocstall', 'allocstall_dma', 'allocstall_dma32', 'allocstall_normal', 'allocstall_movable'];

/** Counters that are one line of /proc/vmstat. */
const lines: Readonly<Record<string, string>> = {
  page_faults_per_s: 'pgfault',
  major_page_faults_per_s: 'pgmajfault',
  swap_in_pages_per_s: 'pswpin',
  swap_out_pages_per_s: 'pswpout',
  oom_kills_per_s: 'oom_kill',
  compaction_stalls_per_s: 'compact_stall',
  compaction_failures_per_s: 'compact_fail',
  compaction_successes_per_s: 'compact_success',
  numa_hit_pages_per_s: 'numa_hit',
  numa_miss_pages_per_s: 'numa_miss',
  numa_hint_faults_per_s: 'numa_hint_faults',
  numa_migrated_pages_per_s: 'numa_pages_migrated',
};

function derive({ previous, current, elapsedS }: Step<VmStat>): Readings {
  const perSecond = (line: string): Reading => {
    const now = current.totals.get(line);
    return now === undefined
      ? 'not_supported_kernel'
      : rate({ previous: previous?.totals.get(line), current: now, elapsedS });
  };
  const rose = (line: string): Reading => {
    const now = current.totals.get(line);
    return now === undefined ? 'not_supported_kernel' : rise({ previous: previous?.totals.get(line), current: now });
  };
  const stalls = directReclaims.filter((line) => current.totals.has(line)).map(perSecond);
  const remote = rose('numa_other');
  return {
    ...Object.fromEntries(Object.entries(lines).map(([counter, line]) => [counter, perSecond(line)])),
    // Printed in KiB.
    page_in_bytes_per_s: times(perSecond('pgpgin'), 1024),
    page_out_bytes_per_s: times(perSecond('pgpgout'), 1024),
    direct_reclaims_per_s: sumOf(stalls, 'not_supported_kernel'),
    numa_remote_ratio: over(remote, sumOf([rose('numa_local'), remote], 'not_supported_kernel')),
  };
}

export default defineCollector<VmStat>({
  name: 'proc-vmstat',
  counters: [
    ...Object.keys(lines),
    'page_in_bytes_per_s',
    'page_out_bytes_per_s',
    'direct_reclaims_per_s',
    'numa_remote_ratio',
  ],
  read: (tree, previous) => {
    const bytes = tree.read('proc/vmstat');
    return isBytes(bytes) ? { totals: numbersByName(bytes, previous?.totals.keys()) } : bytes;
  },
  derive,
});
