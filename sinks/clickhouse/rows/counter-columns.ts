import { counters } from '../../../schemas/counters.ts';
import type { ColumnType } from '../columns.ts';

/** One column a counter of the catalogue, in its order. */
export const counterColumns: Readonly<Record<string, ColumnType>> = Object.fromEntries(
  counters.map((counter) => [counter.name, 'Nullable(Float32)']),
);
