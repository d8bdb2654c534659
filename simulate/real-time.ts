import type { HostSample } from '../agent/sample.ts';
import type { Clock } from '../base/clock.ts';
import type { Fleet } from './fleet.ts';

export interface RealTimeOptions {
  readonly fleet: Pick<Fleet, 'second'>;
  readonly clock: Clock;
  /** As `Publisher.publish`: neither blocks nor throws. */
  readonly publish: (samples: readonly HostSample[]) => void;
}

export interface RealTimeRun {
  /** Seconds of the clock that passed without samples: the program was held up, or the clock was set forward. */
  readonly missedSeconds: number;
  stop(): void;
}

/** Lets a fleet live on a clock: on each whole second its samples of that second. */
export function runInRealTime({ fleet, clock, publish }: RealTimeOptions): RealTimeRun {
  let missedSeconds = 0;
  let lastMs: number | undefined;
  let cancel = () => {};

  const schedule = () => {
    const nextMs = secondOf(clock.nowMs()) + 1_000;
    cancel = clock.after(nextMs - clock.nowMs(), tick);
  };
  const tick = () => {
    const timeMs = secondOf(clock.nowMs() + timerEarlyMs);
    // A clock that was set back repeats seconds: they were told already.
    if (lastMs === undefined || timeMs > lastMs) {
      if (lastMs !== undefined) missedSeconds += (timeMs - lastMs) / 1_000 - 1;
      lastMs = timeMs;
      publish(fleet.second(timeMs));
    }
    schedule();
  };
  schedule();
  return {
    get missedSeconds() {
      return missedSeconds;
    },
    stop: () => cancel(),
  };
}

/** Timers may fire this much before their time. */
const timerEarlyMs = 5;
const secondOf = (timeMs: number): number => Math.floor(timeMs / 1_000) * 1_000;
