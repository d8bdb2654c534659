import { DynoError, messageOf } from '../../base/errors.ts';

/** What the engine itself said, from either client: number and name of its error, undefined when it never answered. */
export interface EngineError {
  readonly number: number | undefined;
  readonly name: string | undefined;
  readonly message: string;
}

export function engineErrorOf(error: unknown): EngineError {
  const message = messageOf(error).trim();
  const number = Number(fieldOf(error, 'code') ?? /Code: (\d+)\./.exec(message)?.[1]);
  const name = fieldOf(error, 'type') ?? /\(([A-Z][A-Z0-9_]+)\)\s*(?:\(version [^)]*\))?\s*$/.exec(message)?.[1];
  return { number: Number.isInteger(number) ? number : undefined, name, message: firstLines(message) };
}

/** Table, database or column that is not there: it passes when somebody migrates. */
const schemaMissing = new Set([10, 16, 47, 60, 81]);
/** The bytes are wrong, or wrong for the columns: repeating them changes nothing. */
const rowsRefused = new Set([6, 26, 27, 33, 38, 41, 53, 62, 72, 117, 441, 469]);

/** NOT_ENOUGH_SPACE, and what the kernel says of a write of the embedded engine. */
const diskIsFull = ({ number, message }: EngineError): boolean =>
  number === 243 || /No space left on device|\bENOSPC\b/.test(message);

/** A failed call to ClickHouse as one of ours. `doing` says what was tried: `insert 12 rows into counters_1s`. */
export function clickHouseError(error: unknown, doing: string): DynoError {
  if (error instanceof DynoError) return error;
  const said = engineErrorOf(error);
  const { number, name, message } = said;
  const options = { cause: error, details: { number, name } };
  if (number !== undefined && schemaMissing.has(number)) {
    return new DynoError(
      'DYNO_CLICKHOUSE_SCHEMA_MISSING',
      `ClickHouse could not ${doing}: ${message}; run "dynoscope migrate", it goes on by itself afterwards`,
      { ...options, retryable: true },
    );
  }
  if (number !== undefined && rowsRefused.has(number)) {
    return new DynoError(
      'DYNO_CLICKHOUSE_ROWS_REFUSED',
      `ClickHouse refused to ${doing}: ${message}; table and program disagree, run "dynoscope migrate" and report it if it stays`,
      options,
    );
  }
  return new DynoError(
    'DYNO_CLICKHOUSE_UNAVAILABLE',
    `ClickHouse could not ${doing}: ${message}; it is tried again until it answers, ${diskIsFull(said) ? 'make room on the disk' : 'check the server'}`,
    { ...options, retryable: true },
  );
}

function fieldOf(error: unknown, field: 'code' | 'type'): string | undefined {
  if (typeof error !== 'object' || error === null || !(field in error)) return undefined;
  const value: unknown = Reflect.get(error, field);
  // `code` of a socket error is ECONNREFUSED and the like: not the engine's number.
  return typeof value === 'string' && (field === 'type' || /^\d+$/.test(value)) ? value : undefined;
}

/** The engine quotes whole rows after its sentence: one line of at most 400 characters is enough. */
const firstLines = (message: string): string => (message.split('\n')[0] ?? '').replace(/[.\s]+$/, '').slice(0, 400);
