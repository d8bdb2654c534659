import type { Readable } from 'node:stream';

export const queryFormats = ['JSONCompact', 'JSONEachRow', 'CSV', 'Parquet'] as const;
export type QueryFormat = (typeof queryFormats)[number];

export interface ReadOnlyQueryRequest {
  readonly sql: string;
  readonly format: QueryFormat;
  /** Values of `{name:Type}` in the SQL, as ClickHouse's own HTTP interface takes them (`param_name`). */
  readonly params: Readonly<Record<string, string>>;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface ReadOnlyQueryAnswer {
  readonly contentType: string;
  readonly body: Buffer | string | Readable;
}

/**
 * Runs one read-only statement with limits on rows, time and memory. Throws a DynoError whose code says whose fault it
 * is; `overwatch/http/query-errors.ts` turns codes into HTTP status.
 */
export type ReadOnlyQuery = (request: ReadOnlyQueryRequest) => Promise<ReadOnlyQueryAnswer>;
