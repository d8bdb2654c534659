import { type TierWindowsBlock, tierFigures } from '../../schemas/blocks.ts';
import { type Figures, figureColumns } from '../stats/figures.ts';
import { encodeSketch } from '../stats/sketch.ts';
import type { BlockSource } from '../window/window-blocks.ts';
import type { TierSlice, TierSlices } from './tier-slice.ts';

export interface TierWindowHead extends BlockSource {
  readonly windowEndMs: number;
  readonly windowMs: number;
  readonly catalogueVersion: number;
}

/** Sketch bytes that one block may carry: with the figures it stays well below the log's limit of 1 MB. */
const sketchBytesMax = 400_000;
const rowsMax = 4_000;

interface Row {
  readonly cell: number;
  readonly counter: number;
  readonly figures: Figures;
  readonly sketch: Buffer;
}

/** Blocks of all tiers of one closed window, in the order of services and tiers. */
export const tierBlocks = (slices: TierSlices, head: TierWindowHead): TierWindowsBlock[] =>
  [...slices].sort(byKey).flatMap(([, slice]) => blocksOf(slice, head));

function blocksOf(slice: TierSlice, head: TierWindowHead): TierWindowsBlock[] {
  const cells = [...slice.cells].sort(byKey).map(([, cell]) => cell);
  const rows = cells.flatMap(({ byCounter }, cell) =>
    byCounter.flatMap((figures, counter): Row[] =>
      figures === undefined ? [] : [{ cell, counter, figures, sketch: encodeSketch(figures.sketch) }],
    ),
  );
  const parts = cut(rows);
  return parts.map((part, index) => ({
    kind: 'tier-windows',
    ...head,
    part: index,
    parts: parts.length,
    tier: slice.tier,
    service: slice.service,
    cells: cells.map(({ cell }) => cell),
    ...columnsOf(part),
  }));
}

function columnsOf(rows: readonly Row[]) {
  const figures = new Float32Array(rows.length * tierFigures.length);
  for (let row = 0; row < rows.length; row++) {
    const columns = figureColumns(rows[row]!.figures);
    for (let column = 0; column < columns.length; column++) figures[column * rows.length + row] = columns[column]!;
  }
  return {
    rowCells: Int32Array.from(rows, ({ cell }) => cell),
    rowCounters: Int32Array.from(rows, ({ counter }) => counter),
    rowHosts: Int32Array.from(rows, ({ figures: { hosts } }) => hosts),
    rowSamples: Int32Array.from(rows, ({ figures: { samples } }) => samples),
    figures,
    sketches: rows.map(({ sketch }) => sketch),
  };
}

function cut(rows: readonly Row[]): Row[][] {
  const parts: Row[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const part = parts.at(-1);
    if (part === undefined || part.length >= rowsMax || bytes + row.sketch.length > sketchBytesMax) {
      parts.push([row]);
      bytes = row.sketch.length;
    } else {
      part.push(row);
      bytes += row.sketch.length;
    }
  }
  return parts;
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
