import { emptyLedger, type Ledger } from './ledger.ts';
import type { PartitionClockState } from './partition-clock.ts';

/** What the windows of a partition want back after a restart, beside the records from the low offset on. */
export interface WindowsState {
  readonly position: number;
  readonly clock: PartitionClockState;
  readonly live: boolean;
  readonly ledger: Ledger;
  readonly ticks: number;
  readonly missedSeconds: number;
  readonly implausible: number;
  readonly holdsCut: number;
}

export const freshState: WindowsState = {
  position: 0,
  clock: { watermarkMs: null, highestMs: null, holdUntilMs: null, lastAppendMs: null },
  live: true,
  ledger: emptyLedger(),
  ticks: 0,
  missedSeconds: 0,
  implausible: 0,
  holdsCut: 0,
};

/** Metadata of a checkpoint. What another tool wrote there is no state: then everything starts afresh. */
export function parseWindowsState(metadata: string): WindowsState | undefined {
  try {
    const state = JSON.parse(metadata) as WindowsState;
    return typeof state.position === 'number' && typeof state.clock === 'object'
      ? { ...freshState, ...state }
      : undefined;
  } catch {
    return undefined;
  }
}
