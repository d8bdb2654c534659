import { type CorrelationsBlock, correlationFigures } from '../../../schemas/blocks.ts';
import { columnsOf } from '../columns.ts';
import { type RowKind, sourceColumns } from './row-kind.ts';

/** Figures that are counts or always told. */
const notNull = new Set<string>(['n']);

/** A block of correlations: a row for each entity, pair and length of window; what cannot be told is NULL. */
export const correlations: RowKind<CorrelationsBlock> = {
  table: 'correlations',
  columns: columnsOf({
    time: "DateTime('UTC')",
    tier: 'LowCardinality(String)',
    generation: 'LowCardinality(String)',
    host: 'LowCardinality(String)',
    x: 'LowCardinality(String)',
    y: 'LowCardinality(String)',
    window_s: 'UInt32',
    ...Object.fromEntries(
      correlationFigures.map((figure) => [figure, notNull.has(figure) ? ('Float64' as const) : 'Nullable(Float64)']),
    ),
    ...sourceColumns,
  }),
  append(rows, block, { src, epoch }) {
    const { metrics, entities, figures } = block;
    const count = block.rowEntities.length;
    for (let row = 0; row < count; row++) {
      const { generation, host } = entities[block.rowEntities[row]!]!;
      rows.seconds(block.windowEndMs).text(block.tier).text(generation).text(host);
      rows.text(metrics[block.rowX[row]!]!).text(metrics[block.rowY[row]!]!).integer(block.rowWindowsS[row]!);
      for (let figure = 0; figure < correlationFigures.length; figure++) rows.float64(figures[figure * count + row]!);
      rows.text(src).integer(epoch).endRow();
    }
  },
};
