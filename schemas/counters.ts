import type { CounterDefinition } from './counter.ts';

/** Raised with every change of the list below: blocks carry it instead of names. */
export const catalogueVersion = 1;

/** The catalogue: the one place that knows a counter. */
export const counters: readonly CounterDefinition[] = [];

/** Position of each counter in the catalogue: its column in batches and blocks. */
export const counterIndex: ReadonlyMap<string, number> = new Map(
  counters.map((counter, index) => [counter.name, index]),
);
