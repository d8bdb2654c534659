import type { Clock } from '../../../base/clock.ts';
import type { ProcessState } from '../../../log/simulated/network.ts';

/** How long after it goes on again a process that stood still looks at its timers, at most. */
const wakesWithinMs = 5;

/** Time as one process of a world has it: while it is frozen nothing of its own happens, when it wakes all that was due does. */
export class ProcessClock implements Clock {
  readonly #world: Clock;
  readonly #state: () => ProcessState;

  constructor(world: Clock, state: () => ProcessState) {
    this.#world = world;
    this.#state = state;
  }

  nowMs(): number {
    return this.#world.nowMs();
  }

  monotonicMs(): number {
    return this.#world.monotonicMs();
  }

  after(delayMs: number, task: () => void): () => void {
    const due = (): void => {
      const state = this.#state();
      if (state === 'frozen') cancel = this.#world.after(wakesWithinMs, due);
      else if (state === 'running') task();
    };
    let cancel = this.#world.after(delayMs, due);
    return () => cancel();
  }
}
