import type { UnavailableReason } from '../schemas/counter.ts';
import { counters } from '../schemas/counters.ts';
import type { Availability } from './sample.ts';

/** Reasons of a second, not of a host: they come and go with the work that it does. */
const momentary: ReadonlySet<UnavailableReason | undefined> = new Set(['first_sample', 'reset', 'no_events']);

/** A change counts once it has lasted this many samples: SystemInfo is published anew with each. */
const samplesToBelieve = 10;

/** Which counters a host does not have, and why, told only when it has changed for good. */
export class AvailabilityTracker {
  readonly #believed: (UnavailableReason | undefined)[] = counters.map(() => undefined);
  readonly #differentFor = new Uint8Array(counters.length);
  #samples = 0;
  #map: Availability = new Map();

  get current(): Availability {
    return this.#map;
  }

  /** Takes note of one sample's reasons; true when the availability is another from now on. */
  note(reasons: readonly (UnavailableReason | undefined)[]): boolean {
    let changed = false;
    const patience = this.#samples++ === 0 ? 1 : samplesToBelieve;
    for (let index = 0; index < counters.length; index++) {
      const reason = reasons[index];
      if (momentary.has(reason) || reason === this.#believed[index]) this.#differentFor[index] = 0;
      else if (++this.#differentFor[index]! >= patience) {
        this.#believed[index] = reason;
        this.#differentFor[index] = 0;
        changed = true;
      }
    }
    if (changed) this.#map = this.#asMap();
    return changed;
  }

  #asMap(): Availability {
    const map = new Map<string, UnavailableReason>();
    for (const [index, { name }] of counters.entries()) {
      const reason = this.#believed[index];
      if (reason !== undefined) map.set(name, reason);
    }
    return map;
  }
}
