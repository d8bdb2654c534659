import { DynoError, messageOf } from '../../base/errors.ts';
import type { ValueCodec } from '../../schemas/avro-codec.ts';
import { schemaIdOf } from '../../schemas/wire-format.ts';

/** Decodes values of one topic, asking the registry once for each writer's schema that it meets. */
export function codecWithRegistry<T>(
  codec: ValueCodec<T>,
  schemaJsonOf: (schemaId: number) => Promise<string>,
): (value: Buffer) => T | Promise<T> {
  return (value) => {
    const schemaId = schemaIdOf(value);
    if (schemaId === undefined || codec.knowsSchema(schemaId)) return codec.decode(value);
    return learn(schemaId).then(() => codec.decode(value));
  };

  async function learn(schemaId: number): Promise<void> {
    codec.addSchema(schemaId, await fetchSchema(schemaId));
  }

  async function fetchSchema(schemaId: number): Promise<string> {
    try {
      return await schemaJsonOf(schemaId);
    } catch (cause) {
      throw new DynoError(
        'DYNO_OVERWATCH_SCHEMA_AWAY',
        `the live view cannot read a record: its schema ${schemaId} could not be fetched from the registry ` +
          `(${messageOf(cause)}); it tries again by itself`,
        { retryable: true, cause, details: { schemaId } },
      );
    }
  }
}
