import type { Block } from '../../schemas/blocks.ts';

/** A host's identity and its place in the lists of a block. */
const hostBytes = 500;

/** About how much memory a decoded block takes: its numbers and sketches, and so much a host. The same on every machine. */
export function blockMemoryBytes(block: Block): number {
  switch (block.kind) {
    case 'tier-seconds':
      return block.values.byteLength + block.hosts.length * hostBytes;
    case 'host-windows':
      return block.values.byteLength + block.samples.byteLength + block.hosts.length * hostBytes;
    case 'correlations': {
      const { rowEntities, rowX, rowY, rowWindowsS, figures, entities } = block;
      const numbers = [rowEntities, rowX, rowY, rowWindowsS, figures];
      return numbers.reduce((sum, { byteLength }) => sum + byteLength, entities.length * hostBytes);
    }
    case 'tier-windows': {
      const { rowCells, rowCounters, rowHosts, rowSamples, figures, sketches } = block;
      const numbers = [rowCells, rowCounters, rowHosts, rowSamples, figures, ...sketches];
      return numbers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    }
  }
}
