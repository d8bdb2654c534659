import { DynoError } from '../base/errors.ts';

const msOfUnit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export interface DurationOptions {
  /** The option it was given to, for the message: `--interval`. */
  readonly option: string;
  readonly minMs: number;
  readonly maxMs: number;
}

/** Milliseconds of `500ms`, `1s`, `10m`, `1h`, `7d`. Throws DYNO_USAGE_DURATION. */
export function durationMs(text: string, { option, minMs, maxMs }: DurationOptions): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  const ms = Number(amount) * (msOfUnit[unit] ?? Number.NaN);
  if (ms >= minMs && ms <= maxMs) return ms;
  throw new DynoError(
    'DYNO_USAGE_DURATION',
    `${option} is "${text}", expected a number with a unit (ms, s, m, h, d) from ${minMs} ms to ${maxMs} ms, such as 1s`,
    { details: { option, text } },
  );
}
