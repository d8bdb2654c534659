import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/clock.ts';

/** Waits between attempts: 0.25 s doubling to 10 s. Long enough to spare a server that comes back, short enough for a restart budget of seconds. */
export const backoffMs = (attempt: number): number => Math.min(10_000, 250 * 2 ** Math.min(attempt, 10));

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of each failure before the wait; throws to give up. */
  readonly onFailure: (error: unknown, attempt: number) => void;
}

/** Repeats `work` until it succeeds; answers undefined when the signal aborts first. */
export async function untilItWorks<T>(work: () => Promise<T>, options: RetryOptions): Promise<T | undefined> {
  for (let attempt = 0; !options.signal.aborted; attempt++) {
    try {
      return await work();
    } catch (error) {
      options.onFailure(error, attempt);
      await delay(options.clock, backoffMs(attempt), options.signal);
    }
  }
  return undefined;
}
