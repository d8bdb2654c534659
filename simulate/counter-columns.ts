import { DynoError } from '../base/errors.ts';
import { counterIndex } from '../schemas/counters.ts';

/** Column of a counter that the simulator models. */
export function columnOf(name: string): number {
  const column = counterIndex.get(name);
  if (column !== undefined) return column;
  throw new DynoError(
    'DYNO_SIMULATE_COUNTER_UNKNOWN',
    `the simulator models the counter "${name}", which schemas/counters.ts does not have; rename it in simulate/ too`,
    { details: { name } },
  );
}

/** Columns by name, so that a misspelt name cannot be used. */
export const columnsOf = <N extends string>(names: readonly N[]): Readonly<Record<N, number>> =>
  Object.fromEntries(names.map((name) => [name, columnOf(name)])) as Record<N, number>;
