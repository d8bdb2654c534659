import { BoundedMap } from '../base/bounded-map.ts';
import { hasCode } from '../base/errors.ts';
import { logLines } from '../base/log-lines.ts';
import { schemaIdsOf } from '../native/counter-columns.ts';

/** Writer schema (Avro JSON) of an id; undefined when the registry says that there is none; rejects when it cannot say. */
export type SchemaById = (schemaId: number) => Promise<string | undefined>;

/** Anything that learns writers' schemas: the decoder of counter records, the codec of a topic. */
export interface SchemaLearner {
  knowsSchema(schemaId: number): boolean;
  addSchema(schemaId: number, schemaJson: string): void;
}

const lines = logLines('pipelines');
const refusedMax = 10_000;

/**
 * Teaches a decoder the schemas that a batch needs, before the batch is pushed. An outage of the registry rejects: the
 * task waits. An id that the registry does not know is remembered: its records are undecodable, and asking again for
 * each would be ruinous.
 */
export function counterSchemas(decoder: SchemaLearner, schemaById: SchemaById) {
  const refused = new BoundedMap<number, true>({ keysMax: refusedMax });
  return async (values: readonly (Buffer | null)[]): Promise<void> => {
    for (const id of schemaIdsOf(values)) {
      if (id <= 0 || decoder.knowsSchema(id) || refused.has(id)) continue;
      const schema = await schemaById(id);
      if (schema === undefined || !teach(decoder, id, schema)) refused.set(id, true);
    }
  };
}

function teach(decoder: SchemaLearner, id: number, schema: string): boolean {
  try {
    decoder.addSchema(id, schema);
    return true;
  } catch (error) {
    if (!hasCode(error, 'DYNO_NATIVE_SCHEMA_UNUSABLE') && !hasCode(error, 'DYNO_SCHEMA_INCOMPATIBLE')) throw error;
    lines.error(
      { event: 'schema_unusable', schemaId: id, error: String(error) },
      'Records of this writer are rejected.',
    );
    return false;
  }
}
