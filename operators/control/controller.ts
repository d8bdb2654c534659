import type { WeightCommand } from '../../schemas/weight-records.ts';
import { sameWeights, weightsOf } from '../../schemas/weight-state.ts';
import { type ControllerState, isTesting, type RunState, type SentCommand } from './controller-state.ts';
import type { Decision, RailFinding, RunResult } from './decisions.ts';
import { onTick } from './on-tick.ts';
import { withSecondOfRun } from './panel-evidence.ts';
import type { TierEvent } from './tier-events.ts';

/** What follows from one event. Only a tick gives decisions (at least one), a command (at most one) or a result. */
export interface ControlTurn {
  readonly state: ControllerState;
  readonly decisions: readonly Decision[];
  readonly command: WeightCommand | undefined;
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
    case 'neighbours':
      return { ...state, neighbours: { tests: event.tests, knownMs: event.wallMs } };
    case 'disturbance': {
      const told = event.words === undefined ? '' : ` (${event.words})`;
      const what = event.what === 'other' ? 'disturbance' : event.what.replaceAll('_', ' ');
      const reason = `${what} during the test${told}`;
      const disturbedMs = Math.max(state.disturbedMs ?? event.wallMs, event.wallMs);
      return withAsked({ ...state, disturbedMs }, { rail: 'bake', verdict: 'abort', cause: 'pipeline', reason });
    }
    case 'start':
      return state.run === undefined ? { ...state, pending: event.request } : state;
    case 'steady':
      return state.phase === 'idle' && state.pending === undefined ? { ...state, steady: event.order } : state;
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

/** What an adapter said: the pool as it is, the fate of the newest command, and that there is a newer controller. */
function withApplied(state: ControllerState, event: Extract<Heard, { readonly kind: 'applied' }>): ControllerState {
  const heard = withRival(withObserved(state, event), event);
  if (heard.fenced) return heard;
  const { command } = state;
  if (command === undefined || event.epoch !== state.epoch) return heard;
  // Safe weights again: what was ordered before is undone, and the adapter may not even have seen what is on its way.
  const isReverted = event.status.startsWith('reverted_') && event.seq < command.seq;
  if (event.seq !== command.seq && !isReverted) return heard;
  if (command.dryRun)
    return event.status === 'observed' ? heard : { ...heard, command: answeredDry(command, event.status) };
  const good = event.status === 'applied' || event.status === 'duplicate' || event.status === 'observed';
  if (!good) return { ...heard, command: { ...command, fault: event.status } };
  const asOrdered = command.weights.every(({ server, weight }) =>
    event.readBack.some((read) => read.server === server && read.weight === weight),
  );
  if (asOrdered) return { ...heard, command: { ...command, acknowledged: true } };
  // A balancer that does not answer now is no proof of other weights; expiry and the missing answer end the test.
  return event.readBack.length === 0 ? heard : { ...heard, command: { ...command, fault: 'readback_mismatch' } };
}

/**
 * Who commands beside this controller. A newer lease fences it, and so does a number of its own lease that it has not
 * given: two of different groups may have taken the same one. An older lease is still obeyed until this one commands.
 */
function withRival(state: ControllerState, event: Extract<Heard, { readonly kind: 'applied' }>): ControllerState {
  const { epoch, seq, clock } = state;
  if (event.epoch > epoch || (event.epoch === epoch && event.seq > seq)) return { ...state, fenced: true };
  if (event.epoch === epoch || event.status !== 'applied') return state;
  return { ...state, rivalMs: clock?.wallMs ?? event.wallMs };
}

const answeredDry = (command: SentCommand, status: string): SentCommand =>
  status === 'dry_run' || status === 'duplicate' ? { ...command, acknowledged: true } : { ...command, fault: status };

/** Weights that changed although nobody ordered it: the balancer was reloaded, or somebody was at it. */
function withObserved(state: ControllerState, event: Extract<Heard, { readonly kind: 'applied' }>): ControllerState {
  const { observed } = state;
  const { readBack, status, wallMs } = event;
  if (readBack.length === 0) return state;
  const drifted =
    status === 'observed' &&
    observed !== undefined &&
    !sameWeights(weightsOf(observed), weightsOf(readBack)) &&
    !readBack.every((read) =>
      state.command?.weights.some((sent) => sent.server === read.server && sent.weight === read.weight),
    );
  return { ...state, observed: readBack, disturbedMs: drifted ? wallMs : state.disturbedMs };
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
