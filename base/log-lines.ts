import pino from 'pino';

export type LogLines = pino.Logger;

/** Talk goes to stderr, data to stdout. `DYNO_LOG_LEVEL` sets the level (default `info`). */
const root = pino(
  { level: process.env['DYNO_LOG_LEVEL'] ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime },
  pino.destination({ dest: 2, sync: true }),
);

/**
 * The log lines of one room: `lines.warn({ event: 'spool_full', dropped }, 'The spool is full.')`.
 * An event name and facts, then a sentence with a full stop; nothing per sample; success is a metric.
 */
export const logLines = (room: string): LogLines => root.child({ room });
