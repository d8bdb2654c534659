import type { Clock } from '../../base/clock.ts';
import { isRetryable, messageOf } from '../../base/errors.ts';
import { untilItWorks } from '../../pipelines/runtime/backoff.ts';

export interface WhenThereOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stderr: { write(words: string): unknown };
}

/** An outage is told at its beginning and then this often. */
const toldEveryMs = 60_000;

/**
 * Starts what stands on servers that may be away for now: it waits for them and says so, instead of ending and being
 * started over and over. Answers undefined when the signal comes first; rejects with what waiting does not mend.
 */
export function whenThere<T>(
  start: () => Promise<T>,
  { clock, signal, stderr }: WhenThereOptions,
): Promise<T | undefined> {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return untilItWorks(start, {
    clock,
    signal,
    onFailure: (error) => {
      if (!isRetryable(error)) throw error;
      const nowMs = clock.monotonicMs();
      if (nowMs - toldAtMs < toldEveryMs) return;
      toldAtMs = nowMs;
      stderr.write(`dynoscope: waits and tries again: ${messageOf(error)}\n`);
    },
  });
}
