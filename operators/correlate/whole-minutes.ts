import { CoMoments } from './co-moments.ts';
import type { CorrelationPlan } from './correlation-plan.ts';
import { type PointSlice, sliceMs } from './point-slice.ts';

const none = -1;

/** The closed minutes that lie wholly in a window, merged: they change once a minute, and the window each second. */
export class WholeMinutes {
  /** Of all pairs; undefined while there is no such minute. */
  moments: CoMoments | undefined;
  #firstEndMs = none;
  #lastEndMs = none;
  #spare: CoMoments | undefined;

  /** Of the minutes that begin at `startMs` or later, merged from the first to the last. */
  cover(slices: readonly PointSlice[], startMs: number, plan: CorrelationPlan): void {
    let from = 0;
    while (from < slices.length && slices[from]!.endMs - sliceMs < startMs) from++;
    // The last is open.
    const to = slices.length - 1;
    const firstEndMs = from < to ? slices[from]!.endMs : none;
    const lastEndMs = from < to ? slices[to - 1]!.endMs : none;
    if (firstEndMs === this.#firstEndMs && lastEndMs === this.#lastEndMs) return;
    this.#firstEndMs = firstEndMs;
    this.#lastEndMs = lastEndMs;
    this.moments = undefined;
    if (from >= to) return;
    this.#spare ??= new CoMoments(plan.xs.length);
    this.moments = this.#spare;
    this.moments.clear();
    for (let slice = from; slice < to; slice++) {
      const minute = slices[slice]!.momentsOf(plan, plan.xs.length);
      for (let pair = 0; pair < plan.xs.length; pair++) this.moments.merge(pair, minute);
    }
  }
}
