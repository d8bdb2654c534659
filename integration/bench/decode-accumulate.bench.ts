import { alternate } from './alternate.ts';
import type { Bench } from './bench.ts';
import { measuredChild } from './measured-child.ts';

const recordsOf = { ours: 3_000_000, avsc: 300_000 };

export const bench: Bench = {
  name: 'decode-accumulate',
  summary:
    'decoding and adding up 120 of the catalogue for 5,000 hosts against avsc, which only decodes, on the same bytes',
  run: async (context) => {
    const take = (by: 'ours' | 'avsc') => () =>
      measuredChild({
        child: 'accumulate-batches',
        options: { by, records: Math.round(recordsOf[by] * context.scale) },
      });
    const sides = { ours: take('ours'), baseline: take('avsc') };
    return [await alternate({ bench: 'decode-accumulate', unit: 'records/CPU-s', ...sides }, context)];
  },
};
