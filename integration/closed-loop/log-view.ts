import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import { type AvroTopic, codecOf, type TopicValues } from '../../schemas/codec.ts';

export interface Appended<T> {
  readonly value: T;
  /** By the broker's clock, ms since 1970. */
  readonly appendMs: number;
}

/** Everything that is committed for a tier in a topic that is partitioned by tiers, in order. */
export async function recordsOfTier<T extends AvroTopic>(
  log: Log,
  topic: T,
  tier: string,
): Promise<Appended<TopicValues[T]>[]> {
  const codec = codecOf(topic);
  const { endOffsets } = await log.topicState(topic);
  const records: Appended<TopicValues[T]>[] = [];
  for await (const batch of log.read({ topic, partition: partitionOf(tier, endOffsets.length) })) {
    for (let at = 0; at < batch.count; at++) {
      const bytes = batch.values.at(at);
      if (bytes === null || bytes === undefined) continue;
      const id = bytes.readUInt32BE(1);
      if (!codec.knowsSchema(id)) codec.addSchema(id, codec.schemaJson);
      const value = codec.decode(bytes);
      // Tiers share partitions; markers of windows belong to all of them.
      if ('tier' in value && value.tier !== tier) continue;
      records.push({ value, appendMs: batch.appendTimesMs[at]! });
    }
  }
  return records;
}
