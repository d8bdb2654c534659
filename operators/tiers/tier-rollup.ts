import type { HostWindowsBlock } from '../../schemas/blocks.ts';
import type { Completion } from '../window/complete-windows.ts';
import { tenSecondsMs } from '../window/lengths.ts';
import { mergeInto, slicesOf, type TierSlices } from './tier-slice.ts';

export const minuteMs = 60_000;
export const hourMs = 3_600_000;

export type TierEvent =
  /** A closed window of any of the three lengths. */
  | { readonly kind: 'closed'; readonly windowMs: number; readonly endMs: number; readonly slices: TierSlices }
  /** Every window of this length that ends at or before this moment has been given out. */
  | { readonly kind: 'through'; readonly windowMs: number; readonly closedThroughMs: number }
  /** The open hour has grown by a minute that touched these slices: `hour` holds all of it so far. */
  | { readonly kind: 'hour-grew'; readonly hourEndMs: number; readonly touched: TierSlices; readonly hour: TierSlices }
  /** What was kept of this hour is not needed any more. */
  | { readonly kind: 'hour-done'; readonly hour: TierSlices };

export interface TierRollupOptions {
  readonly counters: number;
  /** Of the committed state: through when 10-s windows are complete, and the open hour so far. */
  readonly throughMs?: number | undefined;
  readonly hours?: ReadonlyMap<number, TierSlices>;
}

/**
 * 10-s windows of tiers → 1 min → 1 h, each merged from the closed windows below it. At most one minute and one hour
 * are open. After a restart the open minute comes from blocks that are read again, the open hour from kept state.
 */
export class TierRollup {
  readonly #counters: number;
  readonly #minutes = new Map<number, TierSlices>();
  readonly #hours: Map<number, TierSlices>;
  #minutesThroughMs: number;
  #hoursThroughMs: number;

  constructor({ counters, throughMs, hours }: TierRollupOptions) {
    this.#counters = counters;
    this.#minutesThroughMs = throughAt(throughMs, minuteMs);
    this.#hoursThroughMs = throughAt(throughMs, hourMs);
    this.#hours = new Map(hours);
  }

  push(completion: Completion<HostWindowsBlock>): readonly TierEvent[] {
    return completion.kind === 'window' ? this.#window(completion) : this.#through(completion.closedThroughMs);
  }

  #window({ windowEndMs, blocks, again }: Completion<HostWindowsBlock> & { kind: 'window' }): TierEvent[] {
    // Windows come in ascending order: whatever ends before this one starts is complete.
    const events = this.#closeThrough(windowEndMs - tenSecondsMs);
    const slices = slicesOf(blocks, this.#counters);
    if (again === undefined) events.push({ kind: 'closed', windowMs: tenSecondsMs, endMs: windowEndMs, slices });
    mergeInto(slicesAt(this.#minutes, Math.ceil(windowEndMs / minuteMs) * minuteMs), slices);
    return events;
  }

  #through(closedThroughMs: number): TierEvent[] {
    const events = this.#closeThrough(closedThroughMs);
    events.push({ kind: 'through', windowMs: tenSecondsMs, closedThroughMs });
    const minutesMs = throughAt(closedThroughMs, minuteMs);
    const hoursMs = throughAt(closedThroughMs, hourMs);
    if (minutesMs > this.#minutesThroughMs)
      events.push({ kind: 'through', windowMs: minuteMs, closedThroughMs: minutesMs });
    if (hoursMs > this.#hoursThroughMs) events.push({ kind: 'through', windowMs: hourMs, closedThroughMs: hoursMs });
    this.#minutesThroughMs = minutesMs;
    this.#hoursThroughMs = hoursMs;
    return events;
  }

  #closeThrough(throughMs: number): TierEvent[] {
    const events: TierEvent[] = [];
    for (const endMs of dueIn(this.#minutes, throughMs)) {
      // Hours that ended before this minute began go first: events are in the order of time.
      events.push(...this.#closeHours(endMs - minuteMs));
      events.push(...this.#closeMinute(endMs));
    }
    events.push(...this.#closeHours(throughMs));
    return events;
  }

  #closeMinute(endMs: number): TierEvent[] {
    const slices = this.#minutes.get(endMs)!;
    this.#minutes.delete(endMs);
    const hourEndMs = Math.ceil(endMs / hourMs) * hourMs;
    const hour = slicesAt(this.#hours, hourEndMs);
    mergeInto(hour, slices);
    return [
      { kind: 'closed', windowMs: minuteMs, endMs, slices },
      { kind: 'hour-grew', hourEndMs, touched: slices, hour },
    ];
  }

  #closeHours(throughMs: number): TierEvent[] {
    return dueIn(this.#hours, throughMs).flatMap((endMs): TierEvent[] => {
      const slices = this.#hours.get(endMs)!;
      this.#hours.delete(endMs);
      return [
        { kind: 'closed', windowMs: hourMs, endMs, slices },
        { kind: 'hour-done', hour: slices },
      ];
    });
  }
}

const throughAt = (throughMs: number | undefined, windowMs: number): number =>
  throughMs === undefined ? Number.NEGATIVE_INFINITY : Math.floor(throughMs / windowMs) * windowMs;

const dueIn = (windows: ReadonlyMap<number, TierSlices>, throughMs: number): number[] =>
  [...windows.keys()].filter((endMs) => endMs <= throughMs).sort((a, b) => a - b);

function slicesAt(windows: Map<number, TierSlices>, endMs: number): TierSlices {
  const known = windows.get(endMs);
  if (known !== undefined) return known;
  const slices: TierSlices = new Map();
  windows.set(endMs, slices);
  return slices;
}
