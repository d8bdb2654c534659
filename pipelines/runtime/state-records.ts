import type { Log } from '../../log/port.ts';
import type { StateRecord } from './stage.ts';

/** Newest value of each key of a partition of a compacted topic, oldest first; keys that were deleted are not there. */
export async function readStateRecords(
  log: Pick<Log, 'read'>,
  topic: string | undefined,
  partition: number,
): Promise<readonly StateRecord[]> {
  if (topic === undefined) return [];
  const newest = new Map<string, Buffer>();
  for await (const batch of log.read({ topic, partition })) {
    for (let i = 0; i < batch.count; i++) {
      const key = batch.keys.at(i)?.toString();
      if (key === undefined) continue;
      const value = batch.values.at(i);
      newest.delete(key);
      if (value !== null && value !== undefined) newest.set(key, value);
    }
  }
  return [...newest].map(([key, value]) => ({ key, value }));
}
