import { defineCollector } from '../collector.ts';
import { whyNoCoreEvents } from '../performance-events.ts';
import { isValue, type Reading, sumOf, times } from '../readings.ts';
import { numberIn, type SourceTree } from '../source-tree.ts';

interface Frequencies {
  /** Mean over policies, kHz. */
  readonly meanKhz: Reading;
  readonly turbo: Reading;
}

const folder = 'sys/devices/system/cpu';

function meanKhz(tree: SourceTree): Reading {
  const policies = tree.list(`${folder}/cpufreq`).filter((name) => name.startsWith('policy'));
  const readings = policies.map((policy) => numberIn(tree, `${folder}/cpufreq/${policy}/scaling_cur_freq`));
  const values = readings.filter(isValue).length;
  return times(sumOf(readings, whyNoCoreEvents(tree)), 1 / Math.max(1, values));
}

function turbo(tree: SourceTree): Reading {
  const noTurbo = numberIn(tree, `${folder}/intel_pstate/no_turbo`);
  if (typeof noTurbo === 'number') return noTurbo === 0 ? 1 : 0;
  const boost = numberIn(tree, `${folder}/cpufreq/boost`);
  if (typeof boost === 'number') return boost === 0 ? 0 : 1;
  return 'not_supported_hw';
}

/** Asking for the running frequency may interrupt every CPU: not each second. */
export default defineCollector<Frequencies>({
  name: 'sys-cpufreq',
  counters: ['cpu_frequency_hz', 'cpu_turbo_enabled_ratio'],
  everySamples: 10,
  read: (tree) => ({ meanKhz: meanKhz(tree), turbo: turbo(tree) }),
  derive: ({ current }) => ({
    cpu_frequency_hz: times(current.meanKhz, 1_000),
    cpu_turbo_enabled_ratio: current.turbo,
  }),
});
