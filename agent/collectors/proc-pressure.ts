import { ByteCursor } from '../byte-cursor.ts';
import { defineCollector } from '../collector.ts';
import { type Reading, rate, times } from '../readings.ts';
import { isBytes, type SourceTree } from '../source-tree.ts';

/** Microseconds of stall since boot by line (`some`, `full`), or why a resource has none. */
type Stalls = ReadonlyMap<string, number> | Exclude<Reading, number>;

export interface Pressure {
  readonly cpu: Stalls;
  readonly memory: Stalls;
  readonly io: Stalls;
}

/** `some avg10=0.00 avg60=0.00 avg300=0.00 total=123` */
export function parsePressure(bytes: Uint8Array): ReadonlyMap<string, number> {
  const cursor = new ByteCursor(bytes);
  const totals = new Map<string, number>();
  while (!cursor.done) {
    const line = cursor.word();
    let total = Number.NaN;
    while (!cursor.lineDone) {
      if (cursor.startsWith('total=')) {
        cursor.skip('total='.length);
        total = cursor.integer();
      }
      cursor.word();
    }
    if (line !== '') totals.set(line, total);
    cursor.nextLine();
  }
  return totals;
}

function stalls(tree: SourceTree, resource: string): Stalls {
  const bytes = tree.read(`proc/pressure/${resource}`);
  return isBytes(bytes) ? parsePressure(bytes) : bytes;
}

function stalledRatio(options: {
  previous: Stalls | undefined;
  current: Stalls;
  line: string;
  elapsedS: number;
}): Reading {
  const { previous, current, line, elapsedS } = options;
  if (typeof current === 'string') return current;
  const now = current.get(line);
  if (now === undefined) return 'not_supported_kernel';
  const before = typeof previous === 'object' ? previous.get(line) : undefined;
  return times(rate({ previous: before, current: now, elapsedS }), 1e-6);
}

export default defineCollector<Pressure>({
  name: 'proc-pressure',
  counters: [
    'psi_cpu_some_ratio',
    'psi_memory_some_ratio',
    'psi_memory_full_ratio',
    'psi_io_some_ratio',
    'psi_io_full_ratio',
  ],
  read: (tree) => ({ cpu: stalls(tree, 'cpu'), memory: stalls(tree, 'memory'), io: stalls(tree, 'io') }),
  derive: ({ previous, current, elapsedS }) => ({
    psi_cpu_some_ratio: stalledRatio({ previous: previous?.cpu, current: current.cpu, line: 'some', elapsedS }),
    psi_memory_some_ratio: stalledRatio({
      previous: previous?.memory,
      current: current.memory,
      line: 'some',
      elapsedS,
    }),
    psi_memory_full_ratio: stalledRatio({
      previous: previous?.memory,
      current: current.memory,
      line: 'full',
      elapsedS,
    }),
    psi_io_some_ratio: stalledRatio({ previous: previous?.io, current: current.io, line: 'some', elapsedS }),
    psi_io_full_ratio: stalledRatio({ previous: previous?.io, current: current.io, line: 'full', elapsedS }),
  }),
});
