import { limits } from './limits.ts';

/** Somebody stopped the tests of a tier: none begins until then, unless one is asked for. Weights between tests go on. */
export interface TestsStopped {
  /** Wall time; undefined until the tick after it was heard, because another clock than this one cannot shorten it. */
  readonly untilMs: number | undefined;
  /** Who, and in which words. */
  readonly why: string;
}

/** As it is at a tick; undefined = over, or there is none. */
export function stoppedAt(stopped: TestsStopped | undefined, wallMs: number): TestsStopped | undefined {
  if (stopped === undefined) return undefined;
  if (stopped.untilMs === undefined) return { ...stopped, untilMs: wallMs + 1_000 * limits.cooldownStoppedS };
  return wallMs < stopped.untilMs ? stopped : undefined;
}

/** For people: until when, by whom, and what ends it before. */
export const stoppedWords = ({ untilMs, why }: TestsStopped): string =>
  `tests are stopped until ${new Date(untilMs ?? 0).toISOString()} (${why}); "loadtest start" ends that`;
