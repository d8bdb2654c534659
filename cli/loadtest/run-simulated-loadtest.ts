import type { RunOutcome } from '../../operators/control/decisions.ts';
import { type WorldGiven, worldOptionsOf } from '../../simulate/loadtest/world-options.ts';
import type { ControlFault } from './control-faults.ts';
import { ControlledTier } from './controlled-tier.ts';

export interface SimulatedLoadTestGiven extends WorldGiven {
  readonly maxS?: number;
  readonly sloP95Ms?: number;
  readonly controlFaults?: readonly ControlFault[];
}

/** What `simulate loadtest` prints. */
export interface SimulatedLoadTestResult {
  readonly truth: { readonly lambda100: number };
  /** undefined where no estimate came about. */
  readonly estimate: { readonly lambda100: number; readonly lo: number; readonly hi: number } | undefined;
  /** estimate ÷ truth − 1. */
  readonly error: number | undefined;
  readonly seconds: number;
  readonly max_contention_ms: number;
  readonly seconds_over_100: number;
  readonly seconds_over_150: number;
  readonly steps: number;
  readonly outcome: RunOutcome | 'refused';
  /** Why it ended as it did, a sentence's worth. */
  readonly reason: string;
}

/** For draining and the way back to safe weights. */
const endingS = 60;

/** A live load test that is over, and how long it took. */
export interface EndedLoadTest {
  readonly steered: ControlledTier;
  readonly seconds: number;
}

/** One live load test in virtual time: controller, adapter and a balancer in memory against a simulated tier. */
export async function steerSimulatedLoadTest(given: SimulatedLoadTestGiven): Promise<EndedLoadTest> {
  const { maxS = 900, sloP95Ms, controlFaults, ...world } = given;
  const steered = new ControlledTier({
    world: worldOptionsOf(world),
    ...(sloP95Ms !== undefined && { sloP95Ms }),
    ...(controlFaults !== undefined && { faults: controlFaults }),
  });
  await steered.start();
  let seconds = maxS;
  while (steered.elapsedS < seconds + endingS && steered.state.phase !== 'cooldown') {
    if (steered.elapsedS === maxS - 1 && steered.result === undefined) steered.stop('the time given is over');
    await steered.nextSecond();
    if (steered.result !== undefined) seconds = Math.min(seconds, steered.elapsedS);
    else if (!steered.waits && steered.state.run === undefined) break;
  }
  return { steered, seconds: Math.min(seconds, steered.elapsedS) };
}

/** The same, as `simulate loadtest` tells it. */
export async function runSimulatedLoadTest(given: SimulatedLoadTestGiven): Promise<SimulatedLoadTestResult> {
  const { steered, seconds } = await steerSimulatedLoadTest(given);
  const { result, decisions } = steered;
  const truth = steered.tier.lambda100Now;
  const { estimate } = result ?? { estimate: undefined };
  return {
    truth: { lambda100: truth },
    estimate: estimate && { lambda100: estimate.lambda100, lo: estimate.lo, hi: estimate.hi },
    error: estimate && estimate.lambda100 / truth - 1,
    seconds,
    ...steered.score.result(),
    steps: result?.steps ?? 0,
    outcome: outcomeOf(result?.outcome),
    reason: result?.reason ?? decisions.at(-1)?.reason ?? 'nothing was decided',
  };
}

const outcomeOf = (outcome: RunOutcome | undefined): RunOutcome | 'refused' => {
  if (outcome === undefined) return 'refused';
  return outcome === 'stopped' ? 'inconclusive' : outcome;
};
