import { type ControllerState, isTesting, type RunState } from './controller-state.ts';
import type { ControlCommand, Decision, RailFinding, RunResult } from './decisions.ts';
import { onTick } from './on-tick.ts';
import { withSecondOfRun } from './panel-evidence.ts';
import type { TierEvent } from './tier-events.ts';

/** What follows from one event. Only a tick gives decisions (at least one), a command (at most one) or a result. */
export interface ControlTurn {
  readonly state: ControllerState;
  readonly decisions: readonly Decision[];
  readonly command: ControlCommand | undefined;
  readonly result: RunResult | undefined;
}

/**
 * The controller of one tier as a fold over its log: pure, so that a replay decides the same. Whoever runs it writes
 * decisions, command and result of a turn together with the state, or none of them.
 */
export function controlTurn(state: ControllerState, event: TierEvent): ControlTurn {
  if (event.kind === 'tick') return onTick(state, event);
  return { state: withEvent(state, event), decisions: [], command: undefined, result: undefined };
}

type Heard = Exclude<TierEvent, { readonly kind: 'tick' }>;

function withEvent(state: ControllerState, event: Heard): ControllerState {
  switch (event.kind) {
    case 'second': {
      const run = state.run && withSecondOfRun(state.run, event);
      return { ...state, live: event.live, run };
    }
    case 'applied':
      return withApplied(state, event);
    case 'kill_switch':
      return { ...state, killSwitch: { on: event.on, knownMs: event.wallMs } };
    case 'disturbance': {
      const reason = `${event.what.replaceAll('_', ' ')} during the test`;
      const disturbedMs = Math.max(state.disturbedMs ?? event.wallMs, event.wallMs);
      return withAsked({ ...state, disturbedMs }, { rail: 'bake', verdict: 'abort', cause: 'pipeline', reason });
    }
    case 'start':
      return state.run === undefined ? { ...state, pending: event.request } : state;
    case 'stop':
      return withAsked(
        { ...state, pending: undefined },
        { rail: 'stopped', verdict: 'abort', cause: 'pipeline', reason: event.why },
      );
    case 'shutdown':
      return withAsked(
        { ...state, pending: undefined, shutdown: true },
        { rail: 'shutdown', verdict: 'abort', cause: 'pipeline', reason: 'the controller shuts down' },
      );
    case 'takeover':
      return withTakeover(state, event.epoch);
  }
}

/** An answer to an older command, or to one of another controller, changes nothing but the lease. */
function withApplied(state: ControllerState, event: Extract<Heard, { readonly kind: 'applied' }>): ControllerState {
  if (event.epoch > state.epoch || event.status === 'rejected_fenced') return { ...state, fenced: true };
  const { command } = state;
  if (command === undefined || event.epoch !== state.epoch || event.seq !== command.seq) return state;
  const good = event.status === 'applied' || event.status === 'duplicate' || event.status === 'observed';
  const asOrdered = command.weights.every(({ server, weight }) =>
    event.readBack.some((read) => read.server === server && read.weight === weight),
  );
  if (!good) return { ...state, command: { ...command, fault: event.status } };
  return asOrdered
    ? { ...state, command: { ...command, acknowledged: true } }
    : { ...state, command: { ...command, fault: 'readback_mismatch' } };
}

function withAsked(state: ControllerState, asked: RailFinding): ControllerState {
  if (state.run === undefined || !isTesting(state)) return state;
  const run: RunState = { ...state.run, asked: state.run.asked ?? asked };
  return { ...state, run };
}

/** A new lease: a run that another controller began is not carried on, because its dwells may have gaps. */
function withTakeover(state: ControllerState, epoch: number): ControllerState {
  if (epoch <= state.epoch) return state;
  const taken = { ...state, epoch, seq: 0, fenced: false, command: undefined };
  const reason = 'another controller began this run';
  return withAsked(taken, { rail: 'takeover', verdict: 'abort', cause: 'pipeline', reason });
}
