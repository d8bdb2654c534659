import { limits } from './limits.ts';
import type { LastResult, ScheduledHost } from './planned-test.ts';

/** Hosts of a tier that must give one answer: one generation, one build. */
export interface TestGroup {
  readonly generation: string;
  readonly build: string;
  /** Hosts of the tier that have both. */
  readonly hosts: number;
  /** Those that may be on a panel now. */
  readonly candidates: readonly ScheduledHost[];
  readonly last: LastResult | undefined;
}

/** When a group wants its next test, wall time. */
export interface Demand {
  readonly group: TestGroup;
  /** Not before this. */
  readonly earliestMs: number;
  /** By then a result is to be there. */
  readonly deadlineMs: number;
  readonly kind: 'new_build' | 'first' | 'retry' | 'refresh';
}

/** Longest time from the start of a test to the last command of it. */
export const longestTestMs = (limits.runMaxS + limits.drainS) * 1_000;
/** Longest time from the start of a test to the start of the tier's next one: the cooldown after a first abort too. */
const slotMs = longestTestMs + limits.cooldownAbortS * 1_000;

/** No group is refreshed at less than half its time, however many there are: tests cost users something. */
const earliestRefresh = 1 / 2;
/** After a test without an answer the next try comes after this part of the refresh time: 3 h of 24. */
const retryAfter = 1 / 8;

export interface DemandTimes {
  readonly bakeMs: number;
  readonly refreshMs: number;
  /** When the scheduler began. */
  readonly startedMs: number;
  /** How long after that the tier begins with builds that were there before. */
  readonly phaseMs: number;
}

/** A build that came while the scheduler ran is tested as soon as it has baked; what was there before waits its phase. */
export function demandOf(group: TestGroup, { bakeMs, refreshMs, startedMs, phaseMs }: DemandTimes): Demand {
  const { last, candidates } = group;
  if (last === undefined) {
    const sinceMs = candidates.reduce(
      (least, { buildSinceMs }) => Math.min(least, buildSinceMs),
      Number.POSITIVE_INFINITY,
    );
    const isNew = sinceMs >= startedMs;
    const bakedMs = sinceMs + bakeMs;
    const readyMs = isNew ? bakedMs : Math.max(bakedMs, startedMs + phaseMs);
    return { group, earliestMs: readyMs, deadlineMs: readyMs, kind: isNew ? 'new_build' : 'first' };
  }
  const deadlineMs = last.endedMs + refreshMs;
  if (last.outcome === 'found') {
    return { group, earliestMs: last.endedMs + refreshMs * earliestRefresh, deadlineMs, kind: 'refresh' };
  }
  return { group, earliestMs: last.endedMs + refreshMs * retryAfter, deadlineMs, kind: 'retry' };
}

/** Builds without any result first, then the oldest result. */
export const inOrder = (demands: readonly Demand[]): Demand[] =>
  [...demands].sort((a, b) => rank(a) - rank(b) || a.deadlineMs - b.deadlineMs || (nameOf(a) < nameOf(b) ? -1 : 1));

const rank = (demand: Demand): number => (hasResult(demand) ? 1 : 0);
const nameOf = ({ group }: Demand): string => `${group.generation}\n${group.build}`;

/**
 * The demands that are due now, what comes first at the front. A refresh is due when, with one test after the other, any
 * deadline could be missed: with one group that is one test ahead, with many whose deadlines lie close together earlier.
 * Builds without a result go first, unless a result could then become older than its time and one test: a deploy to
 * several generations, each tested at once, would else push all old results aside.
 */
export function dueDemands(ordered: readonly Demand[], nowMs: number): Demand[] {
  const waiting = ordered.filter(({ group, earliestMs }) => group.last !== undefined || nowMs >= earliestMs);
  const pressed = waiting.some(({ deadlineMs }, i) => nowMs + (i + 1) * slotMs >= deadlineMs);
  const due = waiting.filter(({ kind, earliestMs }) => nowMs >= earliestMs && (kind !== 'refresh' || pressed));
  const old = waiting.filter(hasResult);
  // The k-th of them begins at the latest k slots from now when another test begins first.
  const hasRoom = old.every(({ deadlineMs }, i) => nowMs + (i + 1) * slotMs <= deadlineMs + longestTestMs);
  return hasRoom ? due : [...due.filter(hasResult), ...due.filter((demand) => !hasResult(demand))];
}

const hasResult = ({ group }: Demand): boolean => group.last !== undefined;
