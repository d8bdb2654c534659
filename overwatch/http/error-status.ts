import { DynoError, messageOf } from '../../base/errors.ts';
import type { ApiError } from '../api-types.ts';

/** HTTP status by what a code ends in: the fact is in the code, whatever room it comes from. */
const statusByEnding: readonly (readonly [endings: RegExp, status: number])[] = [
  [/^DYNO_USAGE_/, 400],
  [/_(HOST|ORIGIN)_REFUSED$/, 403],
  [/_TOKEN_REFUSED$/, 401],
  [/_(NOT_READ_ONLY|READ_ONLY|READONLY|WRITE_REFUSED|WRITE)$/, 403],
  [/_NOT_FOUND$/, 404],
  [/_(TOO_SLOW|TIMEOUT|TIME_LIMIT|TIME)$/, 504],
  [/_(AWAY|UNREACHABLE|UNAVAILABLE|CLOSED|BUSY|FULL|PAGE_MISSING)$/, 503],
  [/_(BAD_REQUEST|BAD_SQL|QUERY_BAD|QUERY_FAILED|QUERY_LIMIT|TOO_LARGE|LIMIT)$/, 400],
];

export interface ErrorAnswer {
  readonly status: number;
  readonly body: ApiError;
}

/** What the API answers to an error. The text of a fault of ours goes to the log only. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof DynoError) {
    const known = statusByEnding.find(([endings]) => endings.test(error.code));
    return { status: known?.[1] ?? (error.retryable ? 503 : 500), body: { code: error.code, message: error.message } };
  }
  const status = statusCodeOf(error);
  if (status >= 400 && status < 500)
    return { status, body: { code: 'DYNO_OVERWATCH_BAD_REQUEST', message: messageOf(error) } };
  return {
    status: 500,
    body: { code: 'DYNO_OVERWATCH_FAULT', message: 'Overwatch met a fault of its own; its log lines say which.' },
  };
}

/** Fastify marks its own refusals (validation, unknown route) with a status code. */
function statusCodeOf(error: unknown): number {
  const code = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof code === 'number' ? code : 500;
}
