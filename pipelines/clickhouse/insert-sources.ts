import { BoundedMap } from '../../base/bounded-map.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { RecordBatch } from '../../log/port.ts';
import { schemaIdsOf } from '../../native/counter-columns.ts';
import type { ResumeQuestion } from '../../sinks/clickhouse/newest-inserted.ts';
import type { SchemaById } from '../counter-schemas.ts';
import type { TaskIdentity } from '../runtime/stage.ts';

/** What the stages that insert ask of the world outside: at take-over and before a batch, never inside a graph. */
export interface InsertSources {
  readonly schemaById: SchemaById;
  /** How far ClickHouse already holds rows of this source. */
  readonly newestInserted: (question: ResumeQuestion) => Promise<number | undefined>;
}

/** Anything that learns writers' schemas: the codec of a topic. */
export interface SchemaLearner {
  knowsSchema(schemaId: number): boolean;
  addSchema(schemaId: number, schemaJson: string): void;
}

const lines = logLines('pipelines');

const refusedMax = 10_000;

/**
 * Teaches the schemas that a batch names. An id that the registry does not know, or a schema that cannot be read, is
 * remembered: its records are undecodable, and one stray writer does not stop the sink. Rejects only in an outage.
 */
export function schemaLessons(learner: SchemaLearner, schemaById: SchemaById) {
  const refused = new BoundedMap<number, true>({ keysMax: refusedMax });
  return async (batch: RecordBatch): Promise<void> => {
    for (const schemaId of schemaIdsOf(batch.values)) {
      if (learner.knowsSchema(schemaId) || refused.has(schemaId)) continue;
      const schemaJson = await schemaById(schemaId);
      if (schemaJson === undefined || !teach(learner, { schemaId, schemaJson, topic: batch.topic })) {
        refused.set(schemaId, true);
      }
    }
  };
}

function teach(learner: SchemaLearner, lesson: { schemaId: number; schemaJson: string; topic: string }): boolean {
  try {
    learner.addSchema(lesson.schemaId, lesson.schemaJson);
    return true;
  } catch (error) {
    const { topic, schemaId } = lesson;
    lines.error(
      { event: 'schema_unreadable', topic, schemaId, error: messageOf(error) },
      'Records of this schema cannot be read and are counted as undecodable.',
    );
    return false;
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
