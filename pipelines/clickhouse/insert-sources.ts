import type { ResumeQuestion } from '../../sinks/clickhouse/newest-inserted.ts';
import type { RowFormat } from '../../sinks/clickhouse/row-format.ts';
import type { TaskIdentity } from '../runtime/stage.ts';
import type { SchemaById } from '../writer-schemas.ts';

/** What the stages that insert ask of the world outside: at take-over and before a batch, never inside a graph. */
export interface InsertSources {
  readonly schemaById: SchemaById;
  /** How far ClickHouse already holds rows of this source. */
  readonly newestInserted: (question: ResumeQuestion) => Promise<number | undefined>;
  /** What rows are written in; default: TabSeparated, which every engine takes. Tokens do not depend on it. */
  readonly rowFormat?: RowFormat;
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
