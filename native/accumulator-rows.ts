/** The memory of a window's rows, the same for both forms of accumulator: one piece for each array, grown by doubling. */
export class AccumulatorRows {
  accumulators = new Float64Array(0);
  samples = new Uint8Array(0);
  /** At `row * lasts + i`: the second of the value kept for the i-th counter whose last value counts. */
  lastSeconds = new Uint8Array(0);
  readonly #counters: number;
  readonly #lasts: number;
  #room = 0;

  constructor(plan: { readonly counters: number; readonly lasts: readonly number[] }) {
    this.#counters = plan.counters;
    this.#lasts = plan.lasts.length;
  }

  clear(usedRows: number): void {
    this.accumulators.fill(0, 0, usedRows * this.#counters);
    this.samples.fill(0, 0, usedRows * this.#counters);
  }

  reserve(rows: number): void {
    if (rows <= this.#room) return;
    this.#room = Math.max(16, this.#room * 2, rows);
    this.accumulators = copied(this.accumulators, new Float64Array(this.#room * this.#counters));
    this.samples = copied(this.samples, new Uint8Array(this.#room * this.#counters));
    this.lastSeconds = copied(this.lastSeconds, new Uint8Array(this.#room * this.#lasts));
  }
}

function copied<T extends Float64Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
