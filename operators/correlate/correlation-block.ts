import { type EntityIdentity, entityText } from './entity.ts';
import { type CorrelationFigure, correlationFigures } from './regression.ts';

/** Correlations of one entity as of one moment, a row for each pair and window, in columns. */
export interface CorrelationBlock {
  readonly entity: EntityIdentity;
  /** Windows end here and hold the points with end − length < time ≤ end. */
  readonly endMs: number;
  readonly metrics: readonly string[];
  readonly rows: number;
  /** Of each row: numbers of its metrics, and its window's length. */
  readonly rowX: Uint8Array;
  readonly rowY: Uint8Array;
  readonly rowWindowsMs: Float64Array;
  /** `figures[figure * rows + row]`, figures as in `correlationFigures`; NaN = undefined. */
  readonly figures: Float64Array;
}

/** One row as people see it: lines of the log of correlations, rows of the table. */
export type CorrelationLine = {
  /** ISO 8601. */
  readonly time: string;
  readonly entity: string;
  readonly x: string;
  readonly y: string;
  readonly window_s: number;
} & { readonly [figure in CorrelationFigure]: number | undefined };

export function correlationLine(block: CorrelationBlock, row: number): CorrelationLine {
  const figures = correlationFigures.map((name, figure) => {
    const value = block.figures[figure * block.rows + row]!;
    return [name, Number.isFinite(value) ? value : undefined] as const;
  });
  return {
    time: new Date(block.endMs).toISOString(),
    entity: entityText(block.entity),
    x: block.metrics[block.rowX[row]!]!,
    y: block.metrics[block.rowY[row]!]!,
    window_s: block.rowWindowsMs[row]! / 1_000,
    ...(Object.fromEntries(figures) as { [figure in CorrelationFigure]: number | undefined }),
  };
}
