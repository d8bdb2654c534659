import { entityText } from '../../operators/correlate/entity.ts';
import { type CorrelationsBlock, correlationFigures } from '../../schemas/blocks.ts';

/**
 * A line for each row of a block: `{time, entity, x, y, window_s, n, n_eff, r, …}`; `entity` is `tier`, `tier/generation`
 * or `tier/generation/host`, `time` the end of the window; what cannot be told is null.
 */
export function correlationLines(block: CorrelationsBlock): string[] {
  const { tier, metrics, entities, figures } = block;
  const time = new Date(block.windowEndMs).toISOString();
  const count = block.rowEntities.length;
  return Array.from({ length: count }, (_, row) => {
    const told = correlationFigures.map((name, figure) => [name, figures[figure * count + row]!]);
    return JSON.stringify({
      time,
      entity: entityText({ tier, ...entities[block.rowEntities[row]!]! }),
      x: metrics[block.rowX[row]!],
      y: metrics[block.rowY[row]!],
      window_s: block.rowWindowsS[row],
      // JSON has no NaN: it becomes null.
      ...Object.fromEntries(told),
    });
  });
}
