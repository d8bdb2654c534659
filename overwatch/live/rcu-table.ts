import type { ServerTypes } from '../../schemas/server-types.ts';

/** RCU by the short name of a generation, in any case; undefined where the tables withhold it. */
export function rcuTable(tables: ServerTypes): (generation: string) => number | undefined {
  const known = new Map(tables.generations.map(({ name, rcu }) => [name.toLowerCase(), rcu]));
  return (generation) => known.get(generation.toLowerCase());
}
