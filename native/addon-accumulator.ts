import { AccumulatorRows } from './accumulator-rows.ts';
import type { Addon, AddonWindowAccumulator } from './addon.ts';
import type { CounterColumns } from './counter-columns.ts';
import type { AccumulatorPlan, RecordsOfRows, WindowAccumulator } from './window-accumulator.ts';

/** The accumulator in C++, over memory that JavaScript owns: one call for all records of a batch. */
export class AddonAccumulator implements WindowAccumulator {
  readonly #addon: AddonWindowAccumulator;
  readonly #rows: AccumulatorRows;

  constructor(addon: Addon, plan: AccumulatorPlan) {
    const { counters, sums, mins, maxes, lasts } = plan;
    this.#addon = new addon.WindowAccumulator(counters, words(sums), words(mins), words(maxes), words(lasts));
    this.#rows = new AccumulatorRows(plan);
  }

  get accumulators(): Float64Array {
    return this.#rows.accumulators;
  }

  get samples(): Uint8Array {
    return this.#rows.samples;
  }

  clear(usedRows: number): void {
    this.#rows.clear(usedRows);
  }

  reserve(rows: number): void {
    this.#rows.reserve(rows);
  }

  add({ all, stride, present }: CounterColumns, { count, records, rows, seconds }: RecordsOfRows): void {
    const { accumulators, samples, lastSeconds } = this.#rows;
    this.#addon.add(all, stride, present, count, records, rows, seconds, accumulators, samples, lastSeconds);
  }
}

const words = (counters: readonly number[]): Uint32Array => Uint32Array.from(counters);
