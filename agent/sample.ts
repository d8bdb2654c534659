import type { UnavailableReason } from '../schemas/counter.ts';

/** What one host says of one second. `values[i]` is counter i of the catalogue, NaN = no value. */
export interface HostSample {
  readonly host: string;
  /** The second (aligned, ms since 1970) at which it was read: it describes (time − interval, time]. */
  readonly timeMs: number;
  /** Real elapsed time since the sample before. */
  readonly intervalMs: number;
  /** Counts this agent's samples from 0 at its start; a hole is a missed second. */
  readonly sequence: number;
  readonly values: Float64Array;
  /** Application values that are not in the catalogue. */
  readonly app?: ReadonlyMap<string, number>;
}

/** Why counters have no value: by counter name. Changes rarely; published in SystemInfo when it does. */
export type Availability = ReadonlyMap<string, UnavailableReason>;

/** Application values of the second that ends at `timeMs`, or undefined when no application reports. Names in the catalogue fill its counters, others travel in `app`. */
export type ApplicationValues = (timeMs: number) => ReadonlyMap<string, number> | undefined;
