import { secondMs, tenSecondsMs } from './lengths.ts';
import type { WindowEvent } from './window-events.ts';

/** Windows that are wanted of a log: those that end after `fromMs` and by `toMs`, both whole tens of seconds. */
export interface WindowRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Leaves out of what a partition says what does not belong to the range. Seconds go a little further on either side: they
 * are inserted two by two. Rejected records were told when they were read first.
 */
export function inRange<B>(range: WindowRange | undefined, event: WindowEvent<B>): WindowEvent<B> | undefined {
  if (range === undefined) return event;
  if (event.kind === 'rejected') return undefined;
  const seconds = event.kind === 'second' || (event.kind === 'closed-through' && event.windowMs === secondMs);
  const lastMs = seconds ? range.toMs + secondMs : range.toMs;
  if (event.kind === 'closed-through') {
    const { windowMs, closedThroughMs } = event;
    return { kind: 'closed-through', windowMs, closedThroughMs: Math.min(closedThroughMs, lastMs) };
  }
  const firstMs = seconds ? range.fromMs : range.fromMs + tenSecondsMs;
  return event.endMs >= firstMs && event.endMs <= lastMs ? event : undefined;
}
