import { defineCollector, type Step } from '../collector.ts';
import { type Reading, rate, sumOf } from '../readings.ts';
import { numberIn, type SourceTree } from '../source-tree.ts';

type File = 'mbm_total_bytes' | 'mbm_local_bytes' | 'llc_occupancy';

interface CacheMonitors {
  /** By file, then by `group/domain`. A monitor that lost its hardware counter says "Unavailable": no number. */
  readonly values: Readonly<Record<File, ReadonlyMap<string, number>>>;
}

const root = 'sys/fs/resctrl';
const files: readonly File[] = ['mbm_total_bytes', 'mbm_local_bytes', 'llc_occupancy'];

/** The default group and every other control group: each counts its own tasks and those of its monitor groups. */
function monitorFolders(tree: SourceTree): string[] {
  const groups = tree.list(root).filter((name) => name !== 'info' && name !== 'mon_groups' && name !== 'mon_data');
  const folders = ['mon_data', ...groups.map((group) => `${group}/mon_data`)];
  return folders.flatMap((folder) =>
    tree
      .list(`${root}/${folder}`)
      .filter((domain) => domain.startsWith('mon_L3_'))
      .map((domain) => `${folder}/${domain}`),
  );
}

function read(tree: SourceTree): CacheMonitors | 'not_mounted' | 'not_supported_hw' {
  const folders = monitorFolders(tree);
  if (folders.length === 0) return tree.list('sys/fs').includes('resctrl') ? 'not_mounted' : 'not_supported_hw';
  const valuesOf = (file: File): ReadonlyMap<string, number> =>
    new Map(
      folders
        .map((folder): [string, Reading] => [folder, numberIn(tree, `${root}/${folder}/${file}`)])
        .filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  const [mbm_total_bytes, mbm_local_bytes, llc_occupancy] = files.map(valuesOf) as [
    ReadonlyMap<string, number>,
    ReadonlyMap<string, number>,
    ReadonlyMap<string, number>,
  ];
  return { values: { mbm_total_bytes, mbm_local_bytes, llc_occupancy } };
}

function derive({ previous, current, elapsedS }: Step<CacheMonitors>): Record<string, Reading> {
  const perSecond = (file: File): Reading => {
    const rates = [...current.values[file]].map(([domain, bytes]) =>
      rate({ previous: previous?.values[file].get(domain), current: bytes, elapsedS }),
    );
    return sumOf(rates, 'not_supported_hw');
  };
  const total = perSecond('mbm_total_bytes');
  const local = perSecond('mbm_local_bytes');
  const remote = typeof total === 'number' && typeof local === 'number' ? Math.max(0, total - local) : local;
  return {
    memory_bandwidth_bytes_per_s: total,
    memory_bandwidth_local_bytes_per_s: local,
    memory_bandwidth_remote_bytes_per_s: typeof total === 'number' ? remote : total,
    llc_occupancy_bytes: sumOf([...current.values.llc_occupancy.values()], 'not_supported_hw'),
  };
}

export default defineCollector<CacheMonitors>({
  name: 'sys-resctrl',
  counters: [
    'memory_bandwidth_bytes_per_s',
    'memory_bandwidth_local_bytes_per_s',
    'memory_bandwidth_remote_bytes_per_s',
    'llc_occupancy_bytes',
  ],
  read,
  derive,
});
