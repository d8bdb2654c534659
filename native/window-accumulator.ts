import { AddonAccumulator } from './addon-accumulator.ts';
import type { CounterColumns } from './counter-columns.ts';
import { loadAddon } from './load-addon.ts';
import { RowAccumulator } from './row-accumulator.ts';

/** Counters by what is done with their values. */
export interface AccumulatorPlan {
  readonly counters: number;
  readonly sums: readonly number[];
  readonly mins: readonly number[];
  readonly maxes: readonly number[];
  readonly lasts: readonly number[];
}

/** Which records of a batch go to which row; `count` bounds what is valid. */
export interface RecordsOfRows {
  readonly count: number;
  readonly records: Uint32Array;
  readonly rows: Uint32Array;
  /** Second of the window that each record is of: of counters whose last value counts the newest second wins. */
  readonly seconds: Uint8Array;
}

/**
 * The counters of one window: a row for each host, in it an accumulator and a sample count for each counter, both at
 * `row * counters + counter`. Values are added in the order given, so that sums are the same bits in C++ and JavaScript
 * and however the log is cut into batches.
 */
export interface WindowAccumulator {
  readonly accumulators: Float64Array;
  readonly samples: Uint8Array;
  /** Makes rows 0 … usedRows − 1 empty again; room is kept. */
  clear(usedRows: number): void;
  /** Room for so many rows; new ones are empty. */
  reserve(rows: number): void;
  add(columns: CounterColumns, which: RecordsOfRows): void;
}

/** In C++ where the addon could be built and loaded, else in JavaScript. */
export function createWindowAccumulator(plan: AccumulatorPlan): WindowAccumulator {
  const addon = loadAddon();
  return addon === undefined ? new RowAccumulator(plan) : new AddonAccumulator(addon, plan);
}
