import type { TierWindowsBlock } from '../../../schemas/blocks.ts';
import { tierFigures } from '../../../schemas/blocks.ts';
import { counters } from '../../../schemas/counters.ts';
import { columnsOf } from '../columns.ts';
import { type RowKind, sourceColumns } from './row-kind.ts';

/** Lengths of window that the `tiers` stage makes, and where each goes. */
const tableOfLength: Readonly<Record<number, string>> = {
  10000: 'tier_windows',
  60000: 'tier_windows_1m',
  3600000: 'tier_windows_1h',
};
export const tierWindowLengthsMs: readonly number[] = Object.keys(tableOfLength).map(Number);

const columns = columnsOf({
  time: "DateTime('UTC')",
  tier: 'LowCardinality(String)',
  service: 'LowCardinality(String)',
  region: 'LowCardinality(String)',
  server_type: 'LowCardinality(String)',
  counter: 'LowCardinality(String)',
  hosts: 'UInt32',
  samples: 'UInt32',
  ...Object.fromEntries(tierFigures.map((figure) => [figure, 'Float32' as const])),
  ...sourceColumns,
});

/** A block of tier windows of one length: a row for each part of the tier and counter. Rows without hosts are left out. */
export const tierWindowsOf = (windowMs: number): RowKind<TierWindowsBlock> => ({
  table: tableOfLength[windowMs] ?? 'tier_windows',
  columns,
  append(rows, block, { src, epoch }) {
    const count = block.rowCells.length;
    for (let row = 0; row < count; row++) {
      const hosts = block.rowHosts[row]!;
      if (hosts === 0) continue;
      const cell = block.cells[block.rowCells[row]!]!;
      rows.seconds(block.windowEndMs).text(block.tier).text(block.service).text(cell.region).text(cell.serverType);
      rows
        .text(counters[block.rowCounters[row]!]?.name ?? '')
        .integer(hosts)
        .integer(block.rowSamples[row]!);
      for (let figure = 0; figure < tierFigures.length; figure++) rows.float32(block.figures[figure * count + row]!);
      rows.text(src).integer(epoch).endRow();
    }
  },
});
