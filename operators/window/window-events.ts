import type { RecordClass } from './ledger.ts';

/** A closed second. `values[rows[i] * metrics + m]` is metric m of host i; valid until the call returns. */
export interface ClosedSecond {
  readonly kind: 'second';
  readonly endMs: number;
  /** In the order of their names. */
  readonly hosts: readonly string[];
  readonly rows: Uint32Array;
  readonly values: Float64Array;
}

/**
 * A closed 10-s window. Of host i and counter c: `accumulators[rows[i] * counters + c]` (divided by the samples for
 * means) and `samples[rows[i] * counters + c]`; valid until the call returns.
 */
export interface ClosedTenSeconds {
  readonly kind: 'ten-seconds';
  readonly endMs: number;
  /** In the order of their names. */
  readonly hosts: readonly string[];
  readonly rows: Uint32Array;
  readonly accumulators: Float64Array;
  readonly samples: Uint8Array;
  readonly appOf: (row: number) => ReadonlyMap<string, number> | undefined;
}

/** Every window of this length that ends at or before this moment has been given out. */
export interface ClosedThrough {
  readonly kind: 'closed-through';
  readonly windowMs: number;
  readonly closedThroughMs: number;
}

/** A record that is in no window and goes to the dead letters with its original bytes. */
export interface Rejected<B> {
  readonly kind: 'rejected';
  readonly class: Exclude<RecordClass, 'windowed' | 'duplicate'>;
  readonly reason: string;
  readonly message: string;
  readonly batch: B;
  readonly record: number;
}

export type WindowEvent<B> = ClosedSecond | ClosedTenSeconds | ClosedThrough | Rejected<B>;
