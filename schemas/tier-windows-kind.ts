import { avroFile } from './avro-file.ts';
import { expectLength } from './block-head.ts';
import type { BlockKind } from './block-kinds.ts';
import { type TierCell, type TierWindowsBlock, tierFigures } from './blocks.ts';
import { packNumbers, unpackFloat32, unpackInt32 } from './packed-numbers.ts';

interface TierWindowsRecord {
  readonly window_end_ms: number;
  readonly window_ms: number;
  readonly source: number;
  readonly sources: number;
  readonly epoch: number;
  readonly part: number;
  readonly parts: number;
  readonly tier: string;
  readonly service: string;
  readonly catalogue_version: number;
  readonly cells: readonly { readonly region: string; readonly server_type: string }[];
  readonly row_cells: Buffer;
  readonly row_counters: Buffer;
  readonly row_hosts: Buffer;
  readonly row_samples: Buffer;
  readonly figures: Buffer;
  readonly sketches: readonly Buffer[];
}

/** How a `TierWindowsBlock` travels. */
export const tierWindows: BlockKind<TierWindowsBlock> = {
  schema: avroFile('tier-windows-block'),
  toRecord: (block): TierWindowsRecord => {
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
      service: block.service,
      catalogue_version: block.catalogueVersion,
      cells: block.cells.map(({ region, serverType }) => ({ region, server_type: serverType })),
      row_cells: packNumbers(block.rowCells),
      row_counters: packNumbers(block.rowCounters),
      row_hosts: packNumbers(block.rowHosts),
      row_samples: packNumbers(block.rowSamples),
      figures: packNumbers(block.figures),
      sketches: block.sketches,
    };
  },
  fromRecord: (record) => {
    const body = record as TierWindowsRecord;
    const block: TierWindowsBlock = {
      kind: 'tier-windows',
      windowEndMs: body.window_end_ms,
      windowMs: body.window_ms,
      source: body.source,
      sources: body.sources,
      epoch: body.epoch,
      part: body.part,
      parts: body.parts,
      tier: body.tier,
      service: body.service,
      catalogueVersion: body.catalogue_version,
      cells: body.cells.map(({ region, server_type }): TierCell => ({ region, serverType: server_type })),
      rowCells: unpackInt32(body.row_cells),
      rowCounters: unpackInt32(body.row_counters),
      rowHosts: unpackInt32(body.row_hosts),
      rowSamples: unpackInt32(body.row_samples),
      figures: unpackFloat32(body.figures),
      sketches: body.sketches,
    };
    expectColumns(block);
    return block;
  },
};

function expectColumns(block: TierWindowsBlock): void {
  const rows = block.rowCells.length;
  expectLength('row_counters', block.rowCounters.length, rows);
  expectLength('row_hosts', block.rowHosts.length, rows);
  expectLength('row_samples', block.rowSamples.length, rows);
  expectLength('figures', block.figures.length, rows * tierFigures.length);
  expectLength('sketches', block.sketches.length, rows);
  for (const cell of block.rowCells)
    if (block.cells[cell] === undefined) throw new RangeError(`a row speaks of cell ${cell} of ${block.cells.length}`);
}
