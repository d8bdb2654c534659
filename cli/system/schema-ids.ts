import type { RegistryClient } from '../../log/registry/client.ts';
import type { AvroTopic } from '../../schemas/codec.ts';
import { avroTopics, codecOf, subjectOf } from '../../schemas/codec.ts';

/** Schema id of what this program writes, by topic. */
export type SchemaIds = ReadonlyMap<AvroTopic, number>;

/** Registers the schema of every topic's values; registering the same schema again answers the same id. */
export async function registerSchemas(registry: RegistryClient): Promise<SchemaIds> {
  const ids = new Map<AvroTopic, number>();
  for (const topic of avroTopics) ids.set(topic, await registry.register(subjectOf(topic), codecOf(topic).schemaJson));
  return ids;
}
