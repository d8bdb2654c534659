import type { CounterColumns } from '../../native/counter-columns.ts';

/** Where the metrics of tier-seconds come from: a column of the catalogue, or an application value by name. */
export type MetricSource = { readonly counter: number } | { readonly app: string };

export const metricSources = (
  metrics: readonly string[],
  counterIndex: ReadonlyMap<string, number>,
): readonly MetricSource[] =>
  metrics.map((name) => {
    const counter = counterIndex.get(name);
    return counter === undefined ? { app: name } : { counter };
  });

const appValue = -1;

/** One open second: the few metrics of each host, row-major, in the order in which the hosts come; one record a host. */
export class SecondWindow {
  endMs = 0;
  hostCount = 0;
  slots = new Uint32Array(16);
  values: Float64Array;
  /** Column of each metric, or that it is an application value. */
  readonly #counters: Int32Array;
  readonly #appNames: readonly string[];

  constructor(sources: readonly MetricSource[]) {
    this.#counters = Int32Array.from(sources, (source) => ('counter' in source ? source.counter : appValue));
    this.#appNames = sources.map((source) => ('app' in source ? source.app : ''));
    this.values = new Float64Array(16 * sources.length);
  }

  open(endMs: number): void {
    this.endMs = endMs;
    this.hostCount = 0;
  }

  add(columns: CounterColumns, record: number, slot: number): void {
    if (this.hostCount === this.slots.length) this.#grow();
    let cell = this.hostCount * this.#counters.length;
    this.slots[this.hostCount++] = slot;
    for (let metric = 0; metric < this.#counters.length; metric++) {
      const counter = this.#counters[metric]!;
      this.values[cell++] =
        counter === appValue
          ? (columns.app[record]?.get(this.#appNames[metric]!) ?? Number.NaN)
          : columns.columns[counter]![record]!;
    }
  }

  #grow(): void {
    const slots = new Uint32Array(this.slots.length * 2);
    slots.set(this.slots);
    this.slots = slots;
    const values = new Float64Array(slots.length * this.#counters.length);
    values.set(this.values);
    this.values = values;
  }
}
