import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowFormat } from '../../sinks/clickhouse/row-format.ts';
import { alternate } from './alternate.ts';
import type { Bench, BenchContext, BenchResult } from './bench.ts';
import { type Measured, measuredChild } from './measured-child.ts';

const inserts = 40;
const rowsAnInsert = 2_000;
const unit = 'rows/CPU-s';

export const bench: Bench = {
  name: 'clickhouse-insert',
  summary:
    'rows of counters_1s into the embedded engine, rendered by us, against the client’s JSONCompactEachRow; then rows for a server, binary against text: encoded, encoded and compressed, taken by an engine',
  run: async (context) => [
    await inserted(context),
    await binaryAgainstText('encoded', context, (format) => encode(format, false, context)),
    await binaryAgainstText('encoded and compressed', context, (format) => encode(format, true, context)),
    await binaryAgainstText('taken by an engine', context, (format) => inFolder('load-rows', { format }, context)),
  ],
};

const inserted = (context: BenchContext): Promise<BenchResult> =>
  alternate(
    {
      bench: 'clickhouse-insert',
      unit,
      ours: () => inFolder('insert-rows', { by: 'ours' }, context),
      baseline: () => inFolder('insert-rows', { by: 'client' }, context),
      facts: { rows_an_insert: rowsAnInsert },
    },
    context,
  );

/** Both formats are ours: the text is the baseline. */
async function binaryAgainstText(
  what: string,
  context: BenchContext,
  measure: (format: RowFormat) => Promise<Measured>,
): Promise<BenchResult> {
  const sizes: Record<string, string | number | boolean> = {};
  const noted = async (format: RowFormat, word: string): Promise<Measured> => {
    const measured = await measure(format);
    for (const [name, value] of Object.entries(measured.facts ?? {})) if (value !== 0) sizes[`${word}_${name}`] = value;
    return measured;
  };
  const result = await alternate(
    {
      bench: 'clickhouse-insert',
      unit: `${unit} ${what}, binary against text`,
      ours: () => noted('RowBinaryWithNamesAndTypes', 'binary'),
      baseline: () => noted('TabSeparated', 'text'),
    },
    context,
  );
  return { ...result, facts: { ...result.facts, rows_an_insert: rowsAnInsert, ...sizes } };
}

const encode = (format: RowFormat, gzip: boolean, { scale }: BenchContext): Promise<Measured> =>
  measuredChild({ child: 'encode-rows', options: { format, gzip, inserts: insertsOf(scale) } });

async function inFolder(child: string, options: object, { scale }: BenchContext): Promise<Measured> {
  const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-bench-'));
  try {
    return await measuredChild({ child, options: { ...options, dataDir, inserts: insertsOf(scale) } });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const insertsOf = (scale: number): number => Math.max(8, Math.round(inserts * scale));
