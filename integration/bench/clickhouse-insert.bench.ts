import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate } from './alternate.ts';
import type { Bench } from './bench.ts';
import { type Measured, measuredChild } from './measured-child.ts';

const inserts = 40;

export const bench: Bench = {
  name: 'clickhouse-insert',
  summary: 'rows of counters_1s into the embedded engine, rendered by us, against the client’s JSONCompactEachRow',
  run: async (context) => {
    const insertBy = (by: 'ours' | 'client') => async (): Promise<Measured> => {
      const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-bench-'));
      const options = { by, dataDir, inserts: Math.max(8, Math.round(inserts * context.scale)) };
      try {
        return await measuredChild({ child: 'insert-rows', options });
      } finally {
        rmSync(dataDir, { recursive: true, force: true });
      }
    };
    const alternation = { bench: 'clickhouse-insert', unit: 'rows/CPU-s', facts: { rows_an_insert: 2_000 } };
    return [await alternate({ ...alternation, ours: insertBy('ours'), baseline: insertBy('client') }, context)];
  },
};
