/** Facts an error carries beside its sentence: names and values, for logs and tests. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

export interface DynoErrorOptions {
  /** True when the same call may succeed later (an outage); false when it never will (bad input). */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  readonly details?: ErrorDetails;
}

/**
 * The one error class of the system. The code `DYNO_<ROOM>_<FACT>` names a page `docs/runbook/<code>.md`;
 * the message says what, where, which value, what was expected and what to do.
 */
export class DynoError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(code: string, message: string, options: DynoErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DynoError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/** True when `error` is a DynoError with this code. */
export const hasCode = (error: unknown, code: string): boolean => error instanceof DynoError && error.code === code;

/** The sentence of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** True for errors worth retrying: ours when marked so, foreign ones always (an unknown fault may pass). */
export const isRetryable = (error: unknown): boolean => (error instanceof DynoError ? error.retryable : true);
