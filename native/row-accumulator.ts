import { AccumulatorRows } from './accumulator-rows.ts';
import type { CounterColumns } from './counter-columns.ts';
import type { AccumulatorPlan, RecordsOfRows, WindowAccumulator } from './window-accumulator.ts';

/** The accumulator in JavaScript: the specification of the addon's, and its stand-in. */
export class RowAccumulator implements WindowAccumulator {
  readonly #plan: AccumulatorPlan;
  readonly #rows: AccumulatorRows;

  constructor(plan: AccumulatorPlan) {
    this.#plan = plan;
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

  add(columns: CounterColumns, { count, records, rows, seconds }: RecordsOfRows): void {
    const { counters, sums, mins, maxes, lasts } = this.#plan;
    for (let i = 0; i < count; i++) {
      const record = records[i]!;
      const row = rows[i]!;
      const cells = row * counters;
      this.#addUp(columns, record, cells, sums);
      if (mins.length > 0) this.#extreme(columns, record, cells, mins, Math.min);
      if (maxes.length > 0) this.#extreme(columns, record, cells, maxes, Math.max);
      if (lasts.length > 0) this.#last(columns, record, cells, row * lasts.length, seconds[i]!);
    }
  }

  #addUp({ all, stride }: CounterColumns, record: number, cells: number, sums: readonly number[]): void {
    const { accumulators, samples } = this.#rows;
    for (const counter of sums) {
      const value = all[record + counter * stride]!;
      if (Number.isNaN(value)) continue;
      const cell = cells + counter;
      accumulators[cell] = accumulators[cell]! + value;
      samples[cell] = samples[cell]! + 1;
    }
  }

  #extreme(
    { all, stride }: CounterColumns,
    record: number,
    cells: number,
    counters: readonly number[],
    pick: (a: number, b: number) => number,
  ): void {
    const { accumulators, samples } = this.#rows;
    for (const counter of counters) {
      const value = all[record + counter * stride]!;
      if (Number.isNaN(value)) continue;
      const cell = cells + counter;
      accumulators[cell] = samples[cell] === 0 ? value : pick(value, accumulators[cell]!);
      samples[cell] = samples[cell]! + 1;
    }
  }

  /** The value of the newest second wins, whatever the order in the log. */
  #last({ all, stride }: CounterColumns, record: number, cells: number, lastCells: number, second: number): void {
    const { accumulators, samples, lastSeconds } = this.#rows;
    const { lasts } = this.#plan;
    for (let at = 0; at < lasts.length; at++) {
      const value = all[record + lasts[at]! * stride]!;
      if (Number.isNaN(value)) continue;
      const cell = cells + lasts[at]!;
      if (samples[cell] === 0 || second > lastSeconds[lastCells + at]!) {
        accumulators[cell] = value;
        lastSeconds[lastCells + at] = second;
      }
      samples[cell] = samples[cell]! + 1;
    }
  }
}
