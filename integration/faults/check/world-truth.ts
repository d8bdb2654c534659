import { counters } from '../../../schemas/counters.ts';
import type { Expected, OracleRecord } from '../../oracle/expected-windows.ts';
import { expectedWindows } from '../../oracle/expected-windows.ts';
import { countersTopic, deliveredCounters, schemaIds, worldMetrics } from '../simulation/simulated-host.ts';
import type { SimulatedWorld } from '../simulation/simulated-world.ts';

export interface PartitionTruth {
  readonly partition: number;
  readonly records: readonly OracleRecord[];
  readonly expected: Expected;
}

/** The counters that hosts of a world deliver: the only ones with values. */
export const catalogue = deliveredCounters.map((index) => counters[index]!);

/** What plain loops make of the input topic, partition by partition. */
export function truthOf(world: SimulatedWorld): readonly PartitionTruth[] {
  const readable = [schemaIds.counters, schemaIds.newerCounters];
  const schemas = new Map(readable.map((id) => [id, world.schemas.get(id)!]));
  return world.cluster.partitions(countersTopic).map(({ records }, partition) => ({
    partition,
    records,
    expected: expectedWindows(records, { schemas, catalogue, metrics: worldMetrics }),
  }));
}
