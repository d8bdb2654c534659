import type { ControlTurn } from './controller.ts';
import type { ControllerState, RunState } from './controller-state.ts';
import type { Action, CommandMode, ControlCommand, Decision, RailName } from './decisions.ts';
import { contentionMsOf } from './panel-evidence.ts';
import { weightsAt } from './steer-weights.ts';
import type { Tick } from './tier-events.ts';

export interface Decided {
  readonly action: Action;
  readonly reason: string;
  readonly rail?: RailName | undefined;
}

/** The record of what is done now and why. */
export function decided({ phase, run }: ControllerState, tick: Tick, { action, reason, rail }: Decided): Decision {
  return {
    timeMs: tick.wallMs,
    runId: run?.request.runId,
    phase,
    action,
    reason,
    rail,
    contentionMs: run && contentionMsOf(run),
    targetHitsPerS: run?.targetHitsPerS,
    estimate: run?.estimate,
  };
}

/** A turn in which nothing is ordered. */
export const only = (state: ControllerState, decision: Decision): ControlTurn => ({
  state,
  decisions: [decision],
  command: undefined,
  result: undefined,
});

export interface Ordered {
  readonly run: RunState;
  /** Multiple of the safe weights. */
  readonly factor: number;
  readonly mode: CommandMode;
  readonly reason: string;
}

/** The state after ordering these weights, and the order: whole, numbered, with its evidence. */
export function ordered(state: ControllerState, tick: Tick, { run, factor, mode, reason }: Ordered) {
  const seq = state.seq + 1;
  const { request, estimate } = run;
  const weights = weightsAt(request, factor);
  const before = weightsAt(request, run.factor);
  const command: ControlCommand = {
    epoch: state.epoch,
    seq,
    pool: request.pool,
    tier: request.tier,
    mode,
    runId: request.runId,
    weights: weights.map((each, at) => ({ ...each, previous: before[at]!.weight })),
    safeWeights: request.safeWeights,
    reason,
    evidence: {
      lambda100: estimate?.lambda100,
      lo: estimate?.lo,
      hi: estimate?.hi,
      contentionMs: contentionMsOf(run),
      model: estimate?.model,
    },
  };
  const sent = { seq, sentMonotonicMs: tick.monotonicMs, weights, acknowledged: false, fault: undefined };
  const next: ControllerState = { ...state, seq, command: sent, run: { ...run, factor } };
  return { state: next, command };
}
