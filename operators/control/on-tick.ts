import type { ControlTurn } from './controller.ts';
import type { ControllerState } from './controller-state.ts';
import { isTesting } from './controller-state.ts';
import type { RailFinding } from './decisions.ts';
import { afterRun, endRun, freezeRun } from './end-run.ts';
import { limits } from './limits.ts';
import { orderSteady } from './order-steady.ts';
import { pipelineRails } from './pipeline-rails.ts';
import { afterRehearsal, rehearse } from './rehearse.ts';
import { startRails } from './start-rails.ts';
import { beginRun, steerRun } from './steer-run.ts';
import type { Tick } from './tier-events.ts';
import { tierRails } from './tier-rails.ts';
import { decided, only } from './turn.ts';

/** One second by the wall clock: rails first, then the phase. */
export function onTick(before: ControllerState, tick: Tick): ControlTurn {
  const rehearsal = before.phase === 'idle' ? before.rehearsal : undefined;
  // What is asked for lives for one tick: it is asked again, by what is so then.
  const state = { ...withClock(before, tick), pending: undefined, steady: undefined, rehearsal };
  const findings = [...pipelineRails(state, tick), ...tierRails(state)];
  const freeze = findings.find(({ verdict }) => verdict === 'freeze');
  if (freeze !== undefined) return freezeRun(state, tick, freeze);
  if (isTesting(state)) return testing(state, tick, findings);
  return state.phase === 'idle' ? idle({ state, asked: before, tick, findings }) : afterRun(state, tick);
}

/** Clock readings of this tick, and how far the two clocks went apart since the last one. */
function withClock(state: ControllerState, { wallMs, monotonicMs, brokerMs }: Tick): ControllerState {
  const last = state.clock;
  const jumpMs = last === undefined ? 0 : wallMs - last.wallMs - (monotonicMs - last.monotonicMs);
  return {
    ...state,
    clock: { wallMs, monotonicMs, skewMs: brokerMs === undefined ? undefined : wallMs - brokerMs, jumpMs },
  };
}

interface IdleGiven {
  readonly state: ControllerState;
  readonly asked: Pick<ControllerState, 'pending' | 'steady'>;
  readonly tick: Tick;
  readonly findings: readonly RailFinding[];
}

function idle({ state, asked, tick, findings }: IdleGiven): ControlTurn {
  const { pending: request, steady } = asked;
  if (state.rehearsal !== undefined) return afterRehearsal(state, state.rehearsal, tick);
  if (state.shutdown) return only(state, decided(state, tick, { action: 'idle', reason: 'the controller shuts down' }));
  if (request === undefined && steady !== undefined) return orderSteady(state, tick, steady, findings);
  if (request === undefined)
    return only(state, decided(state, tick, { action: 'idle', reason: 'no test is asked for' }));
  const against = [...startRails(state, request, tick), ...findings];
  const refusal = against.find(({ verdict }) => verdict === 'abort') ?? against[0];
  if (refusal === undefined) return request.dryRun ? rehearse(state, request, tick) : beginRun(state, request, tick);
  return only(state, decided(state, tick, { action: 'nothing', reason: refusal.reason, rail: refusal.rail }));
}

/** A test goes on unless a rail ends it; a rail that only holds ends it too when it does so for too long. */
function testing(state: ControllerState, tick: Tick, findings: readonly RailFinding[]): ControlTurn {
  const run = state.run!;
  const abort = findings.find(({ verdict }) => verdict === 'abort');
  if (abort !== undefined) return endRun(state, tick, { outcome: outcomeOf(abort), finding: abort });
  const [hold] = findings;
  if (hold === undefined) return steerRun({ ...state, run: { ...run, heldSinceMs: undefined } }, tick, undefined);
  const heldSinceMs = run.heldSinceMs ?? tick.wallMs;
  if (tick.wallMs - heldSinceMs <= 1_000 * limits.holdToAbortS) {
    return steerRun({ ...state, run: { ...run, heldSinceMs } }, tick, hold);
  }
  const reason = `held for ${limits.holdToAbortS} s: ${hold.reason}`;
  return endRun(state, tick, { outcome: 'inconclusive', finding: { ...hold, reason } });
}

function outcomeOf({ rail }: RailFinding) {
  if (rail === 'stopped' || rail === 'shutdown') return 'stopped';
  return rail === 'time_limit' ? 'inconclusive' : 'aborted';
}
