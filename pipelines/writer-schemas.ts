import { BoundedMap } from '../base/bounded-map.ts';
import type { ByteList } from '../base/byte-list.ts';
import { messageOf } from '../base/errors.ts';
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
const unreadableMax = 10_000;

/**
 * Teaches the schemas that a batch names, before the batch is pushed. An outage of the registry rejects: the task waits.
 * Records of an id that the registry does not know, or of a schema that cannot be read, are undecodable: one stray writer
 * stops nobody. An unknown id is asked for again (the client remembers it for some seconds): it may be registered later.
 */
export function writerSchemas(learner: SchemaLearner, schemaById: SchemaById) {
  const unreadable = new BoundedMap<number, true>({ keysMax: unreadableMax });
  return async (values: ByteList): Promise<void> => {
    for (const schemaId of schemaIdsOf(values)) {
      if (schemaId <= 0 || learner.knowsSchema(schemaId) || unreadable.has(schemaId)) continue;
      const schemaJson = await schemaById(schemaId);
      if (schemaJson !== undefined && !teach(learner, schemaId, schemaJson)) unreadable.set(schemaId, true);
    }
  };
}

function teach(learner: SchemaLearner, schemaId: number, schemaJson: string): boolean {
  try {
    learner.addSchema(schemaId, schemaJson);
    return true;
  } catch (error) {
    lines.error(
      { event: 'schema_unreadable', schemaId, error: messageOf(error) },
      'Records of this schema cannot be read and are counted as undecodable.',
    );
    return false;
  }
}
