import type { Clock } from './clock.ts';

/** True when `work`, which must not reject, is done before the time is over. Called for every batch: no signal, one timer. */
export function finishedWithin(work: Promise<unknown>, timeMs: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeMs, () => resolve(false));
    void work.then(() => {
      cancel();
      resolve(true);
    });
  });
}
