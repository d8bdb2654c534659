import { defineCollector, type Step } from '../collector.ts';
import { cpuIds, placeOf } from '../cpu-topology.ts';
import { isValue, over, type Reading, rate, sumOf } from '../readings.ts';
import { numberIn, type SourceTree } from '../source-tree.ts';

interface Throttling {
  /** Since boot, by `socket/core` and by socket. Hyper-threads of a core repeat its number, CPUs of a socket that socket's. */
  readonly coreEvents: ReadonlyMap<string, number>;
  readonly coreMs: ReadonlyMap<string, number>;
  readonly packageEvents: ReadonlyMap<string, number>;
}

function read(tree: SourceTree): Throttling | 'not_supported_hw' {
  const found = {
    coreEvents: new Map<string, number>(),
    coreMs: new Map<string, number>(),
    packageEvents: new Map<string, number>(),
  };
  for (const cpu of cpuIds(tree)) {
    const folder = `sys/devices/system/cpu/cpu${cpu}`;
    if (!tree.list(folder).includes('thermal_throttle')) continue;
    const place = placeOf(tree, cpu);
    if (place === undefined) continue;
    const core = `${place.socket}/${place.core}`;
    const note = (into: Map<string, number>, key: string, file: string) => {
      const value = into.has(key) ? undefined : numberIn(tree, `${folder}/thermal_throttle/${file}`);
      if (typeof value === 'number') into.set(key, value);
    };
    note(found.coreEvents, core, 'core_throttle_count');
    note(found.coreMs, core, 'core_throttle_total_time_ms');
    note(found.packageEvents, `${place.socket}`, 'package_throttle_count');
  }
  return found.coreEvents.size + found.packageEvents.size === 0 ? 'not_supported_hw' : found;
}

function derive({ previous, current, elapsedS }: Step<Throttling>): Record<string, Reading> {
  const rates = (what: keyof Throttling): Reading[] =>
    [...current[what]].map(([key, value]) => rate({ previous: previous?.[what].get(key), current: value, elapsedS }));
  const throttledMs = rates('coreMs');
  const cores = throttledMs.filter(isValue).length;
  return {
    cpu_throttle_events_per_s: sumOf(rates('coreEvents'), 'not_supported_hw'),
    cpu_throttle_time_ratio: over(sumOf(throttledMs, 'not_supported_kernel'), 1_000 * Math.max(1, cores)),
    package_throttle_events_per_s: sumOf(rates('packageEvents'), 'not_supported_hw'),
  };
}

export default defineCollector<Throttling>({
  name: 'sys-thermal-throttle',
  counters: ['cpu_throttle_events_per_s', 'cpu_throttle_time_ratio', 'package_throttle_events_per_s'],
  everySamples: 10,
  read,
  derive,
});
