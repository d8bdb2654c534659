import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { RecordBatch } from '../../log/port.ts';
import { schemaIdsOf } from '../../native/counter-columns.ts';
import type { ResumeQuestion } from '../../sinks/clickhouse/newest-inserted.ts';
import type { TaskIdentity } from '../runtime/stage.ts';

/** What the stages that insert ask of the world outside: at take-over and before a batch, never inside a graph. */
export interface InsertSources {
  /** Avro JSON of a writer's schema; undefined when the registry knows no such id. Rejects when it cannot be asked. */
  readonly writerSchema: (schemaId: number) => Promise<string | undefined>;
  /** How far ClickHouse already holds rows of this source. */
  readonly newestInserted: (question: ResumeQuestion) => Promise<number | undefined>;
}

/** Anything that learns writers' schemas: a codec, the decoder of counter records. */
export interface SchemaLearner {
  knowsSchema(schemaId: number): boolean;
  addSchema(schemaId: number, schemaJson: string): void;
}

const lines = logLines('pipelines');

/**
 * Teaches the schemas that a batch names. An id that the registry does not know, or a schema that cannot be read, stays
 * unknown: its records are undecodable, and one stray writer does not stop the sink. Rejects only in an outage.
 */
export async function learnSchemas(
  batch: RecordBatch,
  learner: SchemaLearner,
  writerSchema: InsertSources['writerSchema'],
): Promise<void> {
  for (const schemaId of schemaIdsOf(batch.values)) {
    if (learner.knowsSchema(schemaId)) continue;
    const schemaJson = await writerSchema(schemaId);
    if (schemaJson === undefined) continue;
    try {
      learner.addSchema(schemaId, schemaJson);
    } catch (error) {
      lines.error(
        { event: 'schema_unreadable', topic: batch.topic, schemaId, error: messageOf(error) },
        'Records of this schema cannot be read and are counted as undecodable.',
      );
    }
  }
}

/** `topic-partition` of a task with a single input: the column `src`, and part of every token. */
export const sourceOf = ({ topics, partition }: TaskIdentity): string => `${topics[0]}-${partition}`;

/** JSON that an earlier commit left behind, or undefined when another tool wrote it. */
export function restoredState<T extends { readonly position: number }>(metadata: string | undefined): T | undefined {
  if (metadata === undefined) return undefined;
  try {
    const state = JSON.parse(metadata) as T;
    return typeof state.position === 'number' ? state : undefined;
  } catch {
    return undefined;
  }
}
