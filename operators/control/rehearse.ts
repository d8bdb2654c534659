import type { ServerWeight } from '../../schemas/weight-records.ts';
import { serverWeights, weightsOf } from '../../schemas/weight-state.ts';
import type { ControlTurn } from './controller.ts';
import type { ControllerState } from './controller-state.ts';
import type { RunResult } from './decisions.ts';
import { limits } from './limits.ts';
import { factorMax, weightsAt } from './steer-weights.ts';
import type { TestRequest, Tick } from './tier-events.ts';
import { commanded, decided, only } from './turn.ts';

/**
 * A test of a tier that is only rehearsed: it would begin in this tick. Its highest weights are told to the adapter, which
 * checks them and writes nothing. No load moves, so there is no run, nothing is measured and nothing is estimated.
 */
export function rehearse(state: ControllerState, request: TestRequest, tick: Tick): ControlTurn {
  const { tier, pool, runId, panel, generation, build } = request;
  const raised = weightsAt(request, factorMax(request));
  const weights = serverWeights(new Map([...weightsOf(state.observed ?? []), ...weightsOf(raised)]));
  const reason =
    `dry run: ${panel.length} hosts of ${generation} on build ${build || 'unknown'} in ${pool} would be tested; ` +
    `highest weights ${inWords(raised)}`;
  const what = { tier, pool, runId, mode: 'test' as const, weights, safeWeights: [], reason, evidence: undefined };
  const { state: next, command } = commanded(state, tick, { ...what, dryRun: true });
  return {
    state: { ...next, rehearsal: request },
    decisions: [{ ...decided(state, tick, { action: 'dry_run', reason }), runId }],
    command,
    result: undefined,
  };
}

const inWords = (weights: readonly ServerWeight[]): string =>
  weights.map(({ server, weight }) => `${server} ${weight}`).join(', ');

/** The answer of the adapter ends it; the tier rests as after a test that was found. */
export function afterRehearsal(state: ControllerState, request: TestRequest, tick: Tick): ControlTurn {
  const { command } = state;
  const waits = command !== undefined && !command.acknowledged && command.fault === undefined;
  const { runId, tier, generation, build } = request;
  if (waits && tick.monotonicMs - command.sentMonotonicMs <= limits.ackMs) {
    const due = decided(state, tick, { action: 'dry_run', reason: 'dry run: the answer of the balancer is due' });
    return only(state, { ...due, runId });
  }
  const reason = `dry run: ${answerOf(command)}`;
  const rested: ControllerState = {
    ...state,
    phase: 'cooldown',
    phaseSinceMs: tick.wallMs,
    cooldownUntilMs: tick.wallMs + 1_000 * limits.cooldownFoundS,
    rehearsal: undefined,
    command: undefined,
  };
  const unmoved = {
    estimate: undefined,
    seconds: 0,
    steps: 0,
    maxContentionMs: 0,
    secondsOver100: 0,
    secondsOver150: 0,
  };
  const result: RunResult = { runId, tier, generation, build, outcome: 'dry_run', reason, ...unmoved };
  const decision = { ...decided(state, tick, { action: 'dry_run', reason }), runId };
  return { state: rested, decisions: [decision], command: undefined, result };
}

function answerOf(command: ControllerState['command']): string {
  if (command?.acknowledged === true) return 'the adapter would have set these weights';
  return command?.fault === undefined ? 'the adapter did not answer' : `the adapter answered ${command.fault}`;
}
