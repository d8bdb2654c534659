import type { LoadTestStep } from '../../schemas/load-test-records.ts';
import type { ControllerState } from './controller-state.ts';
import type { RailFinding } from './decisions.ts';
import { limits } from './limits.ts';

/** What the decisions of a neighbouring tier say of its tests. Times are those of its controller's wall clock. */
export interface NeighbourTest {
  readonly tier: string;
  /** When the test that runs began; undefined = none runs. */
  readonly sinceMs: number | undefined;
  /** When a test was last seen to run; undefined = not in what was read. */
  readonly lastMs: number | undefined;
}

/** Phases in which weights may not be the safe ones: until the drain has ended. */
const running = new Set(['baseline', 'ramp', 'hold', 'found', 'abort', 'drain']);

/** What is known after one more decision of the neighbour. */
export function withStep(
  known: NeighbourTest | undefined,
  { tier, phase, action, timeMs }: Pick<LoadTestStep, 'tier' | 'phase' | 'action' | 'timeMs'>,
): NeighbourTest {
  if (!running.has(phase)) return { tier, sinceMs: undefined, lastMs: known?.lastMs };
  const begins = action === 'start' || known?.sinceMs === undefined;
  return { tier, sinceMs: begins ? timeMs : known.sinceMs, lastMs: timeMs };
}

type Known = ControllerState['neighbours'];

interface Own {
  readonly names: readonly string[];
  readonly bakeS: number;
  readonly wallMs: number;
}

/** Why no test may begin beside these neighbours now; undefined = it may. */
export function whyNotBeside(known: Known, { names, bakeS, wallMs }: Own): string | undefined {
  if (names.length === 0) return undefined;
  if (!isKnown(known, wallMs)) return `it is not known what tests of ${names.join(', ')} do`;
  const runs = known.tests.find(({ sinceMs }) => sinceMs !== undefined);
  if (runs !== undefined) return `a test of its neighbour ${runs.tier} runs`;
  for (const { tier, lastMs } of known.tests) {
    const agoS = lastMs === undefined ? Number.POSITIVE_INFINITY : Math.floor((wallMs - lastMs) / 1_000);
    if (agoS < bakeS) return `a test of its neighbour ${tier} ended ${agoS} s ago; ${bakeS} s are waited`;
  }
  return undefined;
}

/**
 * Two that began at once know of each other long before their baselines are measured and any load is raised: the one that
 * began first goes on, of two that began in the same millisecond the first by name. Both see the same two numbers.
 */
export function besideNeighbours({ run, neighbours }: ControllerState, wallMs: number): RailFinding | undefined {
  const names = run?.request.neighbours ?? [];
  if (run === undefined || names.length === 0) return undefined;
  const finding = (verdict: RailFinding['verdict'], reason: string): RailFinding => ({
    rail: 'neighbour',
    verdict,
    cause: 'pipeline',
    reason,
  });
  if (!isKnown(neighbours, wallMs)) return finding('hold', `it is not known what tests of ${names.join(', ')} do`);
  const { startedMs, request } = run;
  const first = neighbours.tests.find(
    ({ tier, sinceMs }) =>
      sinceMs !== undefined && (sinceMs < startedMs || (sinceMs === startedMs && tier < request.tier)),
  );
  return first === undefined
    ? undefined
    : finding('abort', `a test of its neighbour ${first.tier} began before this one`);
}

const isKnown = (known: Known, wallMs: number): known is NonNullable<Known> =>
  known !== undefined && wallMs - known.knownMs <= limits.neighboursUnknownMs;

/** After a test of its own a tier lets its neighbours go first: they wait as long, and would else never come to it. */
export const untilOwnTurnMs = (endedMs: number, bakeS: number): number => endedMs + 1_000 * (bakeS + limits.yieldS);
