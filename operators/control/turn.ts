import type { ServerWeight, WeightCommand, WeightEvidence, WeightMode } from '../../schemas/weight-records.ts';
import { serverWeights, stateHashOf, weightsOf } from '../../schemas/weight-state.ts';
import type { ControlTurn } from './controller.ts';
import type { ControllerState, RunState } from './controller-state.ts';
import type { Action, Decision, RailName } from './decisions.ts';
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
  readonly mode: WeightMode;
  readonly reason: string;
}

/** From the append to the log on; three renewals may be lost. */
const ttlMs = 10_000;

/**
 * The state after ordering these weights of the panel, and the order: the whole pool as it was read last but for the
 * panel. A revert says what the safe weights are, but the adapter writes its own.
 */
export function ordered(state: ControllerState, tick: Tick, { run, factor, mode, reason }: Ordered) {
  const { tier, pool, runId } = run.request;
  const observed = weightsOf(state.observed ?? []);
  const weights = serverWeights(
    new Map([...observed, ...weightsAt(run.request, factor).map(({ server, weight }) => [server, weight] as const)]),
  );
  const what = { tier, pool, runId, mode, weights, safeWeights: [], reason, evidence: evidenceOf(run) };
  const { state: next, command } = commanded(state, tick, what);
  return { state: { ...next, run: { ...run, factor } }, command };
}

export type Commanded = Pick<WeightCommand, 'tier' | 'pool' | 'runId' | 'safeWeights' | 'reason' | 'evidence'> & {
  readonly mode: WeightMode;
  /** Every server of the pool. */
  readonly weights: readonly ServerWeight[];
  /** Checked and answered, never written. */
  readonly dryRun?: boolean;
};

/** The state after a command, and the command: it stands on the weights that were read last. */
export function commanded(state: ControllerState, tick: Tick, { weights, dryRun = false, ...what }: Commanded) {
  const seq = state.seq + 1;
  const observed = weightsOf(state.observed ?? []);
  const command: WeightCommand = {
    ...what,
    commandId: `${what.tier}-${state.epoch}-${seq}`,
    epoch: state.epoch,
    seq,
    issuedAt: tick.wallMs,
    ttlMs,
    weights: weights.map((each) => ({ ...each, previous: observed.get(each.server) })),
    expectStateHash: stateHashOf(observed),
    dryRun,
  };
  const sent = { seq, sentMonotonicMs: tick.monotonicMs, weights, acknowledged: false, fault: undefined };
  const next: ControllerState = { ...state, seq, command: { ...sent, dryRun } };
  return { state: next, command };
}

function evidenceOf(run: RunState): WeightEvidence | undefined {
  const { estimate } = run;
  const contentionMs = contentionMsOf(run);
  if (estimate === undefined || contentionMs === undefined) return undefined;
  const { lambda100, lo, hi, model } = estimate;
  return { lambda100, lo, hi, contentionMs, model };
}
