import type { CapacityRecord, LoadTestStep } from '../../schemas/load-test-records.ts';
import type { WeightCommand } from '../../schemas/weight-records.ts';
import type { NeighbourTest } from './neighbour-tests.ts';
import type { SteeringState } from './steering-state.ts';

/** What the kill switch says to a tier. */
export interface KillSwitchReading {
  readonly on: boolean;
  /** Time since it was read. */
  readonly ageMs: number;
}

/** One look at the clocks. */
export interface SteeringTick {
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** What the broker's clock says now, as well as it is known. */
  readonly brokerMs: number | undefined;
  /** undefined = it was never read, or cannot be understood. */
  readonly killSwitch: KillSwitchReading | undefined;
  /** Tests of the tiers that are named as neighbours; undefined = not known at this moment. */
  readonly neighbours: readonly NeighbourTest[] | undefined;
}

/** What is to be written, all of it or nothing. */
export interface SteeringOutput {
  readonly steps: readonly LoadTestStep[];
  readonly command: WeightCommand | undefined;
  readonly capacity: CapacityRecord | undefined;
  /** To be kept; undefined = nothing that a restart needs has changed. */
  readonly state: SteeringState | undefined;
}
