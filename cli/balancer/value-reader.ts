import { hasCode, messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { RegistryClient } from '../../log/registry/client.ts';
import type { ValueCodec } from '../../schemas/avro-codec.ts';
import { type AvroTopic, codecOf, type TopicValues } from '../../schemas/codec.ts';
import { schemaIdOf } from '../../schemas/wire-format.ts';

const lines = logLines('cli');

/** Decodes the values of one topic, whoever wrote them. */
export class ValueReader<T extends AvroTopic> {
  readonly #topic: T;
  readonly #codec: ValueCodec<TopicValues[T]>;
  readonly #registry: Pick<RegistryClient, 'schemaById'>;

  constructor(topic: T, registry: Pick<RegistryClient, 'schemaById'>) {
    this.#topic = topic;
    this.#codec = codecOf(topic);
    this.#registry = registry;
  }

  /** undefined = it cannot be read, which is told. Rejects only in an outage of the registry: then it is to be tried again. */
  async read(value: Buffer, offset: number): Promise<TopicValues[T] | undefined> {
    try {
      await this.#learn(value);
      return this.#codec.decode(value);
    } catch (error) {
      if (hasCode(error, 'DYNO_REGISTRY_UNREACHABLE')) throw error;
      this.tellUnreadable(offset, messageOf(error));
      return undefined;
    }
  }

  tellUnreadable(offset: number, error: string): void {
    lines.warn(
      { event: 'record_unreadable', topic: this.#topic, offset, error, runbook: 'DYNO_SCHEMA_MALFORMED' },
      'A record cannot be read and is skipped.',
    );
  }

  /** An id that the registry does not have stays unknown: decoding says so. */
  async #learn(value: Buffer): Promise<void> {
    const id = schemaIdOf(value);
    if (id === undefined || this.#codec.knowsSchema(id)) return;
    const schemaJson = await this.#registry.schemaById(id);
    if (schemaJson !== undefined) this.#codec.addSchema(id, schemaJson);
  }
}
