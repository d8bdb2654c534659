import { ByteCursor } from '../byte-cursor.ts';
import { defineCollector } from '../collector.ts';
import { type Reading, rate, sumOf } from '../readings.ts';
import { isBytes } from '../source-tree.ts';

interface CpuBacklog {
  readonly dropped: number;
  readonly squeezed: number;
}

export interface Softnet {
  /** By CPU id, which newer kernels print in the 13th column; else by line. */
  readonly cpus: ReadonlyMap<number, CpuBacklog>;
}

const cpuColumn = 12;

/** One line a CPU that is online, hexadecimal 32-bit numbers: processed, dropped, squeezed, … */
export function parseSoftnet(bytes: Uint8Array): Softnet {
  const cursor = new ByteCursor(bytes);
  const cpus = new Map<number, CpuBacklog>();
  for (let line = 0; !cursor.done; line++, cursor.nextLine()) {
    if (cursor.lineDone) continue;
    const columns: number[] = [];
    while (!cursor.lineDone && columns.length <= cpuColumn) columns.push(cursor.hexInteger());
    const [, dropped = Number.NaN, squeezed = Number.NaN] = columns;
    cpus.set(columns[cpuColumn] ?? line, { dropped, squeezed });
  }
  return { cpus };
}

export default defineCollector<Softnet>({
  name: 'proc-net-softnet',
  counters: ['softnet_dropped_per_s', 'softnet_squeezed_per_s'],
  read: (tree) => {
    const bytes = tree.read('proc/net/softnet_stat');
    return isBytes(bytes) ? parseSoftnet(bytes) : bytes;
  },
  derive: ({ previous, current, elapsedS }) => {
    const total = (what: keyof CpuBacklog): Reading => {
      const rates = [...current.cpus].map(([cpu, backlog]) =>
        rate({ previous: previous?.cpus.get(cpu)?.[what], current: backlog[what], elapsedS, bits: 32 }),
      );
      return sumOf(rates, 'implausible');
    };
    return { softnet_dropped_per_s: total('dropped'), softnet_squeezed_per_s: total('squeezed') };
  },
});
