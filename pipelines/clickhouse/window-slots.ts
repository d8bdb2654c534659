import type { SourcedBlock } from '../../operators/window/complete-windows.ts';
import type { Block, WindowMarker } from '../../schemas/blocks.ts';

/** A block under the name of its slot: several consecutive windows that are completed, and inserted, together. */
export interface SlottedBlock<B extends Block> extends SourcedBlock {
  readonly block: B;
}

export interface WindowInSlot {
  readonly windowEndMs: number;
  readonly windowMs: number;
  readonly windowsPerInsert: number;
}

/**
 * End of the last window of the slot that this window belongs to. Slots begin at multiples of their length, so that none
 * crosses an hour: one insert, one partition of the table.
 */
export function lastWindowOfSlot({ windowEndMs, windowMs, windowsPerInsert }: WindowInSlot): number {
  const slotMs = windowMs * windowsPerInsert;
  return Math.floor(windowEndMs / slotMs) * slotMs + slotMs - windowMs;
}

export function slottedBlock<B extends Block>(block: B, windowsPerInsert: number): SlottedBlock<B> {
  const { kind, windowEndMs, windowMs, source, sources, epoch, part } = block;
  const slotEndMs = lastWindowOfSlot({ windowEndMs, windowMs, windowsPerInsert });
  return { kind, windowEndMs: slotEndMs, windowMs, source, sources, epoch, part, block };
}

/** A slot is closed by its last window. */
export function slottedMarker(marker: WindowMarker, windowsPerInsert: number): WindowMarker {
  const { windowMs, closedThroughMs } = marker;
  const slotEndMs = lastWindowOfSlot({ windowEndMs: closedThroughMs, windowMs, windowsPerInsert });
  const closed = slotEndMs <= closedThroughMs ? slotEndMs : slotEndMs - windowMs * windowsPerInsert;
  return { ...marker, closedThroughMs: closed };
}
