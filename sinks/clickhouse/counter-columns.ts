import type { CounterDefinition } from '../../schemas/counter.ts';
import { databaseName } from './tables.ts';

/** Tables with one column per counter of the catalogue. */
export const counterTables = ['counters_1s', 'host_windows'] as const;

/**
 * One column a counter. Nullable, because absence must not look like 0 and an average must skip it; a NaN would poison
 * every average (docs/decisions).
 */
export const counterColumnSql = (counter: CounterDefinition): string =>
  `${counter.name} Nullable(Float32) COMMENT ${quoteSql(counterComment(counter))} CODEC(ZSTD(1))`;

const counterComment = (counter: CounterDefinition): string => `${counter.summary} Unit: ${counter.unit}`;

export interface ColumnChange {
  readonly sql: string;
  /** `table.column` of each new column. */
  readonly added: readonly string[];
}

/** What must be altered so that both tables have every counter with its present comment. A counter that left the catalogue keeps its column. */
export function counterColumnStatements(
  present: readonly Readonly<Record<string, unknown>>[],
  catalogue: readonly CounterDefinition[],
): readonly ColumnChange[] {
  const comments = new Map(
    present.map((row) => [`${String(row['table'])}.${String(row['name'])}`, String(row['comment'])]),
  );
  const changes: ColumnChange[] = [];
  for (const table of counterTables) {
    const missing = catalogue.filter((counter) => !comments.has(`${table}.${counter.name}`));
    const reworded = catalogue.filter((counter) => {
      const comment = comments.get(`${table}.${counter.name}`);
      return comment !== undefined && comment !== counterComment(counter);
    });
    const parts = [
      ...missing.map((counter) => `ADD COLUMN IF NOT EXISTS ${counterColumnSql(counter)}`),
      ...reworded.map((counter) => `COMMENT COLUMN ${counter.name} ${quoteSql(counterComment(counter))}`),
    ];
    if (parts.length === 0) continue;
    const added = missing.map((counter) => `${table}.${counter.name}`);
    changes.push({ sql: `ALTER TABLE ${databaseName}.${table} ${parts.join(', ')}`, added });
  }
  return changes;
}

/** A string literal of ClickHouse's SQL. */
export const quoteSql = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
