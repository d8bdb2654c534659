import { defineCollector, type Step } from '../collector.ts';
import { type Reading, rate, sumOf } from '../readings.ts';
import { numberIn, type SourceTree } from '../source-tree.ts';

interface MemoryErrors {
  /** Since the driver was loaded, by memory controller. */
  readonly correctable: ReadonlyMap<string, number>;
  readonly uncorrectable: ReadonlyMap<string, number>;
}

const folder = 'sys/devices/system/edac/mc';

function errorsIn(tree: SourceTree, controllers: readonly string[], file: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const controller of controllers) {
    const count = numberIn(tree, `${folder}/${controller}/${file}`);
    if (typeof count === 'number') counts.set(controller, count);
  }
  return counts;
}

function perSecond({ previous, current, elapsedS }: Step<MemoryErrors>, kind: keyof MemoryErrors): Reading {
  const rates = [...current[kind]].map(([controller, count]) =>
    rate({ previous: previous?.[kind].get(controller), current: count, elapsedS }),
  );
  return sumOf(rates, 'not_supported_hw');
}

export default defineCollector<MemoryErrors>({
  name: 'sys-edac',
  counters: ['edac_correctable_errors_per_s', 'edac_uncorrectable_errors_per_s'],
  everySamples: 10,
  read: (tree) => {
    const controllers = tree.list(folder).filter((name) => /^mc\d+$/.test(name));
    if (controllers.length === 0) return 'not_supported_hw';
    return {
      correctable: errorsIn(tree, controllers, 'ce_count'),
      uncorrectable: errorsIn(tree, controllers, 'ue_count'),
    };
  },
  derive: (step) => ({
    edac_correctable_errors_per_s: perSecond(step, 'correctable'),
    edac_uncorrectable_errors_per_s: perSecond(step, 'uncorrectable'),
  }),
});
