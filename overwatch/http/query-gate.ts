import { DynoError } from '../../base/errors.ts';
import type { ReadOnlyQuery, ReadOnlyQueryAnswer, ReadOnlyQueryRequest } from '../read-only-query.ts';

export interface QueryGateOptions {
  readonly queries: ReadOnlyQuery;
  /** Queries that run at one time; others are refused, not queued. */
  readonly runningMax?: number;
  readonly sqlCharsMax?: number;
}

/** Stands before ClickHouse: refuses what is too long or too much at once, before it costs anything. */
export function queryGate(options: QueryGateOptions): ReadOnlyQuery {
  const { queries, runningMax = 8, sqlCharsMax = 100_000 } = options;
  let running = 0;
  return async (request: ReadOnlyQueryRequest): Promise<ReadOnlyQueryAnswer> => {
    if (request.sql.trim() === '')
      throw new DynoError('DYNO_OVERWATCH_BAD_SQL', 'the parameter "sql" is empty; give it one SELECT statement');
    if (request.sql.length > sqlCharsMax)
      throw new DynoError(
        'DYNO_OVERWATCH_BAD_SQL',
        `the SQL has ${request.sql.length} characters; at most ${sqlCharsMax} are taken`,
      );
    if (running >= runningMax)
      throw new DynoError(
        'DYNO_OVERWATCH_QUERIES_BUSY',
        `${runningMax} queries are running already; ask again when one has ended`,
        { retryable: true },
      );
    running++;
    try {
      return await queries(request);
    } finally {
      running--;
    }
  };
}
