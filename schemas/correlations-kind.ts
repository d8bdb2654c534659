import { avroFile } from './avro-file.ts';
import { expectLength } from './block-head.ts';
import type { BlockKind } from './block-kinds.ts';
import { type CorrelatedEntity, type CorrelationsBlock, correlationFigures } from './blocks.ts';
import { packNumbers, unpackFloat64, unpackInt32 } from './packed-numbers.ts';

interface CorrelationsRecord {
  readonly window_end_ms: number;
  readonly window_ms: number;
  readonly source: number;
  readonly sources: number;
  readonly epoch: number;
  readonly part: number;
  readonly parts: number;
  readonly tier: string;
  readonly metrics: readonly string[];
  readonly entities: readonly CorrelatedEntity[];
  readonly row_entities: Buffer;
  readonly row_x: Buffer;
  readonly row_y: Buffer;
  readonly row_windows_s: Buffer;
  readonly figures: Buffer;
}

/** How a `CorrelationsBlock` travels. */
export const correlations: BlockKind<CorrelationsBlock> = {
  schema: avroFile('correlations-block'),
  toRecord: (block): CorrelationsRecord => {
    expectColumns(block);
    return {
      window_end_ms: block.windowEndMs,
      window_ms: block.windowMs,
      source: block.source,
      sources: block.sources,
      epoch: block.epoch,
      part: block.part,
      parts: block.parts,
      tier: block.tier,
      metrics: block.metrics,
      entities: block.entities.map(({ generation, host }) => ({ generation, host })),
      row_entities: packNumbers(block.rowEntities),
      row_x: packNumbers(block.rowX),
      row_y: packNumbers(block.rowY),
      row_windows_s: packNumbers(block.rowWindowsS),
      figures: packNumbers(block.figures),
    };
  },
  fromRecord: (record) => {
    const body = record as CorrelationsRecord;
    const block: CorrelationsBlock = {
      kind: 'correlations',
      windowEndMs: body.window_end_ms,
      windowMs: body.window_ms,
      source: body.source,
      sources: body.sources,
      epoch: body.epoch,
      part: body.part,
      parts: body.parts,
      tier: body.tier,
      metrics: body.metrics,
      entities: body.entities.map(({ generation, host }): CorrelatedEntity => ({ generation, host })),
      rowEntities: unpackInt32(body.row_entities),
      rowX: unpackInt32(body.row_x),
      rowY: unpackInt32(body.row_y),
      rowWindowsS: unpackInt32(body.row_windows_s),
      figures: unpackFloat64(body.figures),
    };
    expectColumns(block);
    return block;
  },
};

function expectColumns(block: CorrelationsBlock): void {
  const rows = block.rowEntities.length;
  expectLength('row_x', block.rowX.length, rows);
  expectLength('row_y', block.rowY.length, rows);
  expectLength('row_windows_s', block.rowWindowsS.length, rows);
  expectLength('figures', block.figures.length, rows * correlationFigures.length);
  expectPlaces('entities', block.rowEntities, block.entities.length);
  expectPlaces('metrics', block.rowX, block.metrics.length);
  expectPlaces('metrics', block.rowY, block.metrics.length);
}

function expectPlaces(list: string, places: Int32Array, length: number): void {
  for (const place of places)
    if (place < 0 || place >= length) throw new RangeError(`a row speaks of place ${place} of ${length} ${list}`);
}
