import { DynoError } from '../../base/errors.ts';
import type { CounterDefinition } from '../../schemas/counter.ts';
import { counterColumnSql } from './counter-columns.ts';
import { isCurrentSql } from './current-epochs.ts';
import { retentions } from './retention.ts';

/** What the placeholders of our SQL files stand for. */
export interface SqlContext {
  readonly catalogue: readonly CounterDefinition[];
  readonly embedded: boolean;
}

/**
 * The statements of one of our SQL files (separated by `;` at the end of a line), with its placeholders filled:
 * `{{counter_columns}}`, `{{ttl TABLE}}`, `{{stream_settings}}` (parts expire whole), `{{stream_settings_rows}}` (rows expire),
 * `{{is_current}}` (the condition that a row's epoch is the chosen one for its time).
 */
export const renderStatements = (text: string, context: SqlContext): readonly string[] =>
  text
    .replace(/\{\{\s*([a-z_]+)(?:\s+([a-z0-9_]+))?\s*\}\}/g, (whole, name: string, argument: string | undefined) =>
      contentOf({ whole, name, argument }, context),
    )
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replace(/^--.*$/gm, '').trim() !== '');

interface Placeholder {
  readonly whole: string;
  readonly name: string;
  readonly argument: string | undefined;
}

function contentOf(placeholder: Placeholder, context: SqlContext): string {
  switch (placeholder.name) {
    case 'counter_columns':
      return context.catalogue.map((counter) => `  ${counterColumnSql(counter)},\n`).join('');
    case 'ttl':
      return `INTERVAL ${retentionOf(placeholder, context)}`;
    case 'stream_settings':
      return `${tokenWindow(context)}, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 600${fewerMerges(context)}`;
    case 'stream_settings_rows':
      return tokenWindow(context);
    case 'is_current':
      return isCurrentSql;
    default:
      throw unknown(placeholder);
  }
}

/** Tokens are remembered for at least 2 h: 24 partitions with an insert a second each; the embedded form has 4. */
const tokenWindow = (context: SqlContext): string =>
  `non_replicated_deduplication_window = ${context.embedded ? 30_000 : 200_000}`;

/**
 * In one process with everything else, half of the cost of small inserts is merging them again and again: wider merges
 * take a quarter off, for up to some 20 parts a partition instead of 8.
 */
const fewerMerges = (context: SqlContext): string => (context.embedded ? ', merge_selector_base = 20' : '');

function retentionOf(placeholder: Placeholder, context: SqlContext): string {
  const retention = retentions[placeholder.argument ?? ''];
  if (retention === undefined) throw unknown(placeholder);
  return context.embedded ? retention.embedded : retention.server;
}

const unknown = (placeholder: Placeholder): DynoError =>
  new DynoError(
    'DYNO_CLICKHOUSE_SQL_TEMPLATE',
    `our SQL names ${placeholder.whole}, which nothing fills; mend the file`,
  );
