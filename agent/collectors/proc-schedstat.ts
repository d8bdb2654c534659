import { ByteCursor } from '../byte-cursor.ts';
import { defineCollector } from '../collector.ts';
import { isValue, over, rate, sumOf, times } from '../readings.ts';
import { isBytes } from '../source-tree.ts';

/** Nanoseconds that tasks waited on the run queue of each CPU, by its id. */
export interface RunDelays {
  readonly waitNs: ReadonlyMap<number, number>;
}

/** `cpuN` lines: nine numbers since version 15, the eighth is the time spent waiting to run. */
export function parseSchedstat(bytes: Uint8Array): RunDelays {
  const cursor = new ByteCursor(bytes);
  const waitNs = new Map<number, number>();
  while (!cursor.done) {
    if (cursor.startsWith('cpu')) {
      const id = Number(cursor.word().slice(3));
      let wait = Number.NaN;
      for (let field = 0; field < 8; field++) wait = cursor.integer();
      if (Number.isInteger(id)) waitNs.set(id, wait);
    }
    cursor.nextLine();
  }
  return { waitNs };
}

export default defineCollector<RunDelays>({
  name: 'proc-schedstat',
  counters: ['runqueue_wait_ms_per_s'],
  read: (tree) => {
    const bytes = tree.read('proc/schedstat');
    return isBytes(bytes) ? parseSchedstat(bytes) : bytes;
  },
  derive: ({ previous, current, elapsedS }) => {
    const rates = [...current.waitNs].map(([cpu, wait]) =>
      rate({ previous: previous?.waitNs.get(cpu), current: wait, elapsedS }),
    );
    const cpus = rates.filter(isValue).length;
    return { runqueue_wait_ms_per_s: over(times(sumOf(rates, 'implausible'), 1e-6), Math.max(1, cpus)) };
  },
});
