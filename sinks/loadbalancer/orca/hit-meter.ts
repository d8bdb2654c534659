import { type Clock, systemClock } from '../../../base/clock.ts';

export interface HitMeterOptions {
  readonly clock?: Pick<Clock, 'monotonicMs'>;
  /** Rates are means over so long. The default is long beside a second's noise, short beside a day's course. */
  readonly windowMs?: number;
}

/** Of this process, or of all that the host serves if it is told of them. */
export interface HitRates {
  readonly hitsPerSecond: number;
  readonly errorsPerSecond: number;
}

interface Slot {
  /** Number of the slot since the clock's beginning; another one = what it holds is too old. */
  number: number;
  hits: number;
  errors: number;
}

const slots = 10;

/** Counts what a server answered, in ten slots: memory and work do not grow with the load. */
export class HitMeter {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #slotMs: number;
  readonly #startMs: number;
  readonly #slots: readonly Slot[] = Array.from({ length: slots }, () => ({ number: -1, hits: 0, errors: 0 }));

  constructor({ clock = systemClock, windowMs = 10_000 }: HitMeterOptions = {}) {
    this.#clock = clock;
    this.#slotMs = windowMs / slots;
    this.#startMs = clock.monotonicMs();
  }

  /** One answer that went out; `failed` = the caller got an error of this server. */
  answered({ failed }: { readonly failed: boolean }): void {
    const number = this.#slotNumber(this.#clock.monotonicMs());
    const slot = this.#slots[number % slots]!;
    if (slot.number !== number) Object.assign(slot, { number, hits: 0, errors: 0 });
    slot.hits++;
    if (failed) slot.errors++;
  }

  /** Means over the window that ends now, or over the time since the start where that is shorter. */
  rates(): HitRates {
    const nowMs = this.#clock.monotonicMs();
    const newest = this.#slotNumber(nowMs);
    const counted = this.#slots.filter(({ number }) => number > newest - slots && number <= newest);
    const sinceMs = Math.max(this.#startMs, (newest - slots + 1) * this.#slotMs);
    // In its first slot a server has too little behind it: one hit after a millisecond is no 1,000 hits/s.
    const seconds = Math.max(nowMs - sinceMs, this.#slotMs) / 1_000;
    const sum = (count: (slot: Slot) => number): number => counted.reduce((total, slot) => total + count(slot), 0);
    return { hitsPerSecond: sum(({ hits }) => hits) / seconds, errorsPerSecond: sum(({ errors }) => errors) / seconds };
  }

  #slotNumber(nowMs: number): number {
    return Math.floor(nowMs / this.#slotMs);
  }
}
