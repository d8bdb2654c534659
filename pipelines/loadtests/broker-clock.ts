/** Looks are remembered so long. */
const memoryMs = 10_000;

/**
 * What the broker's clock says, as well as a reader can know: a record was appended before it was read, so of all that
 * were read lately the one that seems youngest says most. undefined while nothing was read lately.
 */
export class BrokerClock {
  #newestAppendMs: number | undefined;
  #looks: { readonly monotonicMs: number; readonly behindMs: number }[] = [];

  noteAppended(appendTimesMs: Float64Array): void {
    for (const appendMs of appendTimesMs) {
      if (this.#newestAppendMs === undefined || appendMs > this.#newestAppendMs) this.#newestAppendMs = appendMs;
    }
  }

  at(wallMs: number, monotonicMs: number): number | undefined {
    if (this.#newestAppendMs !== undefined) {
      this.#looks.push({ monotonicMs, behindMs: wallMs - this.#newestAppendMs });
      this.#newestAppendMs = undefined;
    }
    this.#looks = this.#looks.filter((look) => monotonicMs - look.monotonicMs <= memoryMs);
    if (this.#looks.length === 0) return undefined;
    return wallMs - Math.min(...this.#looks.map(({ behindMs }) => behindMs));
  }
}
