import type { Block, HostWindowsBlock, TierWindowsBlock, WindowMarker } from './blocks.ts';
import { tierFigures } from './blocks.ts';
import { type Catalogue, currentCatalogue, positionsIn } from './catalogue.ts';

/**
 * A block with the columns of this catalogue, whatever older version wrote it: matched by name, a counter that version
 * did not have has no value, one that is gone is left out. Every reader of blocks does this first. Throws as `positionsIn`.
 */
export function withCurrentColumns<M extends Block | WindowMarker>(message: M, catalogue = currentCatalogue): M {
  const block: Block | WindowMarker = message;
  if (block.kind !== 'host-windows' && block.kind !== 'tier-windows') return message;
  const positions = positionsIn(catalogue, block.catalogueVersion);
  if (positions === undefined) return message;
  const mapped =
    block.kind === 'host-windows'
      ? hostColumns(block, positions, catalogue)
      : { ...tierRows(block, positions), catalogueVersion: catalogue.version };
  // A block of one kind becomes one of the same kind.
  return mapped as Block as M;
}

function hostColumns(block: HostWindowsBlock, positions: readonly number[], catalogue: Catalogue): HostWindowsBlock {
  const hosts = block.hosts.length;
  const values = new Float32Array(catalogue.names.length * hosts).fill(Number.NaN);
  const samples = new Uint8Array(values.length);
  for (const [was, is] of positions.entries()) {
    if (is < 0) continue;
    values.set(block.values.subarray(was * hosts, (was + 1) * hosts), is * hosts);
    samples.set(block.samples.subarray(was * hosts, (was + 1) * hosts), is * hosts);
  }
  return { ...block, catalogueVersion: catalogue.version, values, samples };
}

function tierRows(block: TierWindowsBlock, positions: readonly number[]): TierWindowsBlock {
  const before = block.rowCounters.length;
  const rows = [...block.rowCounters.keys()].filter((row) => (positions[block.rowCounters[row]!] ?? -1) >= 0);
  const kept = (column: Int32Array): Int32Array => Int32Array.from(rows, (row) => column[row]!);
  const figures = new Float32Array(tierFigures.length * rows.length);
  for (let figure = 0; figure < tierFigures.length; figure++)
    for (const [row, was] of rows.entries())
      figures[figure * rows.length + row] = block.figures[figure * before + was]!;
  return {
    ...block,
    rowCells: kept(block.rowCells),
    rowCounters: Int32Array.from(rows, (row) => positions[block.rowCounters[row]!]!),
    rowHosts: kept(block.rowHosts),
    rowSamples: kept(block.rowSamples),
    figures,
    sketches: rows.map((row) => block.sketches[row]!),
  };
}
