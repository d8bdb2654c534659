import { alternate } from './alternate.ts';
import type { Bench } from './bench.ts';
import { measuredChild } from './measured-child.ts';

const recordsOf = { ours: 6_000_000, avsc: 400_000 };

export const bench: Bench = {
  name: 'decode',
  summary: 'decoding 120 nullable doubles into columns against avsc on the same bytes',
  run: async (context) => {
    const decodeBy = (by: 'ours' | 'avsc') => () =>
      measuredChild({ child: 'decode-batches', options: { by, records: Math.round(recordsOf[by] * context.scale) } });
    const result = await alternate(
      {
        bench: 'decode',
        unit: 'records/CPU-s',
        ours: decodeBy('ours'),
        baseline: decodeBy('avsc'),
        atLeast: 10,
      },
      context,
    );
    return [result];
  },
};
