import type { Readable } from 'node:stream';
import { DynoError } from '../../base/errors.ts';
import type { ClickHouse } from './connection.ts';
import { clickHouseError, engineErrorOf } from './engine-error.ts';
import { refuseUnsafeSql } from './sql-guard.ts';

/** Formats that are offered, with their media types. Parquet is bytes: it never passes through a string. */
export const contentTypes = {
  JSONCompact: 'application/json; charset=utf-8',
  JSONEachRow: 'application/x-ndjson; charset=utf-8',
  JSONCompactEachRowWithNamesAndTypes: 'application/x-ndjson; charset=utf-8',
  CSV: 'text/csv; charset=utf-8; header=present',
  Parquet: 'application/vnd.apache.parquet',
} as const;

export interface ReadOnlyQuery {
  readonly sql: string;
  readonly format: keyof typeof contentTypes;
  /** Values of `{name:Type}` in the SQL. */
  readonly params?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ReadOnlyAnswer {
  readonly contentType: string;
  readonly body: Readable;
}

/**
 * One statement that a person wrote: read only, at most 30 s, a million rows, and a bound on memory (`roles.ts`).
 * The answer comes as bytes. Throws a DynoError: NOT_READ_ONLY, QUERY_FAILED, QUERY_LIMIT, TIMEOUT, or an outage.
 */
export async function readOnlyQuery(clickHouse: ClickHouse, query: ReadOnlyQuery): Promise<ReadOnlyAnswer> {
  const { sql, format, params, signal } = query;
  refuseUnsafeSql(sql);
  try {
    const body = await clickHouse.role('readonly').run(
      async (link, abort) => {
        const answer = await link.client.exec({
          query: sql.trim().replace(/;+$/, ''),
          abort_signal: abort,
          clickhouse_settings: { default_format: engineFormats[format] },
          ...(params !== undefined && Object.keys(params).length > 0 ? { query_params: { ...params } } : {}),
        });
        return answer.stream;
      },
      { signal },
    );
    return { contentType: contentTypes[format], body };
  } catch (error) {
    throw queryError(error);
  }
}

/** People who save a CSV expect the names of the columns in it. */
const engineFormats = {
  JSONCompact: 'JSONCompact',
  JSONEachRow: 'JSONEachRow',
  JSONCompactEachRowWithNamesAndTypes: 'JSONCompactEachRowWithNamesAndTypes',
  CSV: 'CSVWithNames',
  Parquet: 'Parquet',
} as const satisfies Readonly<Record<ReadOnlyQuery['format'], string>>;

const readOnlyNumbers = new Set([164, 392, 497]);
const limitNumbers = new Set([158, 191, 241, 307, 396]);

function queryError(error: unknown): unknown {
  if (error instanceof DynoError) return error;
  const { number, name, message } = engineErrorOf(error);
  if (number === undefined) return clickHouseError(error, 'answer a query');
  const options = { cause: error, details: { number, name } };
  if (readOnlyNumbers.has(number)) {
    return new DynoError(
      'DYNO_CLICKHOUSE_NOT_READ_ONLY',
      `the SQL is refused: ${message}. Only reading is allowed here`,
      options,
    );
  }
  if (number === 159) {
    return new DynoError(
      'DYNO_CLICKHOUSE_QUERY_TIMEOUT',
      `the query was stopped after 30 s: ${message}; narrow its time range`,
      options,
    );
  }
  if (limitNumbers.has(number)) {
    return new DynoError(
      'DYNO_CLICKHOUSE_QUERY_LIMIT',
      `the query met a limit: ${message}; aggregate, or narrow its time range`,
      options,
    );
  }
  return new DynoError('DYNO_CLICKHOUSE_QUERY_FAILED', `ClickHouse cannot answer this SQL: ${message}`, options);
}
