import type { Log } from '../../log/port.ts';
import { type AvroTopic, avroTopics, codecOf, subjectOf } from '../../schemas/codec.ts';
import { topicSettings } from '../../schemas/topics.ts';
import type { RegistryPort } from './registry-port.ts';

export interface ApplyTopicsOptions {
  readonly log: Log;
  readonly registry: RegistryPort;
  /** Of data topics. */
  readonly partitions: number;
}

export interface AppliedTopics {
  readonly topics: readonly string[];
  /** Ids of the schemas that this version writes. */
  readonly schemaIds: ReadonlyMap<AvroTopic, number>;
  /** One sentence per topic that exists otherwise than it should; topics are never changed or deleted. */
  readonly differences: readonly string[];
}

/** Creates what is missing and registers the schemas. Doing it again changes nothing. */
export async function applyTopics({ log, registry, partitions }: ApplyTopicsOptions): Promise<AppliedTopics> {
  const wanted = topicSettings({ partitions });
  await log.createTopics(wanted);
  const schemaIds = new Map<AvroTopic, number>();
  await Promise.all(
    avroTopics.map(async (topic) => {
      schemaIds.set(topic, await registry.register(subjectOf(topic), codecOf(topic).schemaJson));
    }),
  );
  return { topics: wanted.map(({ name }) => name), schemaIds, differences: await log.checkTopics(wanted) };
}
