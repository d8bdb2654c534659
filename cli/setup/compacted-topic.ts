import { hasCode } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Log } from '../../log/port.ts';
import type { ValueCodec } from '../../schemas/avro-codec.ts';
import { type AvroTopic, codecOf, type TopicValues } from '../../schemas/codec.ts';
import { schemaIdOf } from '../../schemas/wire-format.ts';
import type { RegistryPort } from './registry-port.ts';

const lines = logLines('cli');

/**
 * The newest value of each key of a one-partition, compacted topic. A value that cannot be decoded takes its key with it,
 * with a warning: compaction will leave nothing else of the key, so it has to be written anew.
 */
export async function readCompacted<T extends AvroTopic>(
  options: { readonly log: Log; readonly registry: RegistryPort },
  topic: T,
): Promise<Map<string, TopicValues[T]>> {
  const codec = codecOf(topic);
  const newest = new Map<string, TopicValues[T]>();
  for await (const batch of options.log.read({ topic, partition: 0 })) {
    for (let i = 0; i < batch.count; i++) {
      const key = batch.keys.at(i)?.toString();
      const value = batch.values.at(i);
      if (key === undefined) continue;
      if (value === null || value === undefined) {
        newest.delete(key);
        continue;
      }
      await learn(codec, value, options.registry);
      try {
        newest.set(key, codec.decode(value));
      } catch (error) {
        if (!hasCode(error, 'DYNO_SCHEMA_MALFORMED')) throw error;
        newest.delete(key);
        lines.warn(
          { event: 'record_unreadable', topic, offset: batch.offsets[i], key, runbook: 'DYNO_SCHEMA_MALFORMED' },
          'A record cannot be decoded; its key counts as unknown.',
        );
      }
    }
  }
  return newest;
}

/** An id that the registry does not have stays unknown: decoding says so. */
async function learn(
  codec: Pick<ValueCodec<unknown>, 'knowsSchema' | 'addSchema'>,
  value: Buffer,
  registry: RegistryPort,
): Promise<void> {
  const schemaId = schemaIdOf(value);
  if (schemaId === undefined || codec.knowsSchema(schemaId)) return;
  const schemaJson = await registry.schemaById(schemaId);
  if (schemaJson !== undefined) codec.addSchema(schemaId, schemaJson);
}
