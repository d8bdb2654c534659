import type { ControlTurn } from './controller.ts';
import type { ControllerState, RunState } from './controller-state.ts';
import type { RailFinding, RunOutcome, RunResult } from './decisions.ts';
import { limits } from './limits.ts';
import { renewed } from './steer-run.ts';
import type { Tick } from './tier-events.ts';
import { decided, only, ordered } from './turn.ts';

export interface RunEnd {
  readonly outcome: RunOutcome;
  readonly finding: Pick<RailFinding, 'reason' | 'cause'> & Partial<Pick<RailFinding, 'rail'>>;
}

/**
 * Ends the run in this very tick: its load is taken back below normal, so that queues empty. Where it is not certain
 * what the balancer has, safe weights are ordered instead: only those need no known state.
 */
export function endRun(state: ControllerState, tick: Tick, { outcome, finding }: RunEnd): ControlTurn {
  const found = outcome === 'found';
  const run: RunState = { ...state.run!, ended: found ? 'found' : 'not_found' };
  const certain = state.command?.acknowledged === true && state.command.fault === undefined;
  const { state: next, command } = ordered(state, tick, {
    run,
    ...(certain ? { factor: limits.drainFactor, mode: 'test' } : { factor: 1, mode: 'revert' }),
    reason: finding.reason,
  });
  const decision = decided(state, tick, { action: found ? 'found' : 'abort', ...finding });
  return {
    state: {
      ...next,
      phase: found ? 'found' : 'abort',
      phaseSinceMs: tick.wallMs,
      ...coolingAfter(state, tick, { outcome, finding }),
    },
    decisions: [decision],
    command,
    result: resultOf(run, outcome, finding.reason),
  };
}

/** Until when the tier is left alone: see `RailFinding.cause`. */
function coolingAfter({ aborts }: ControllerState, { wallMs }: Tick, { outcome, finding }: RunEnd) {
  const until = (seconds: number) => wallMs + 1_000 * seconds;
  if (outcome === 'found') return { aborts: 0, cooldownUntilMs: until(limits.cooldownFoundS) };
  if (finding.cause === 'pipeline') return { cooldownUntilMs: until(limits.cooldownPipelineS) };
  if (finding.cause === 'operator') return { cooldownUntilMs: until(limits.cooldownAbortS) };
  const seconds = Math.min(limits.cooldownAbortMaxS, limits.cooldownAbortS * 2 ** aborts);
  return { aborts: aborts + 1, cooldownUntilMs: until(seconds) };
}

/** found, abort → drain → cooldown → idle; frozen → cooldown once nothing freezes any more. */
export function afterRun(state: ControllerState, tick: Tick): ControlTurn {
  const { phase, phaseSinceMs, cooldownUntilMs } = state;
  const elapsedS = (tick.wallMs - phaseSinceMs) / 1_000;
  if (phase === 'found' || phase === 'abort') {
    const drains = decided(state, tick, { action: 'drain', reason: 'queues empty below normal load' });
    return renewed({ ...state, phase: 'drain', phaseSinceMs: tick.wallMs }, tick, drains);
  }
  if (phase === 'drain') {
    if (elapsedS < limits.drainS && state.command?.fault === undefined) {
      const reason = `draining for another ${Math.ceil(limits.drainS - elapsedS)} s`;
      return renewed(state, tick, decided(state, tick, { action: 'drain', reason }));
    }
    const reason = 'the run is over, safe weights again';
    const { state: next, command } = ordered(state, tick, { run: state.run!, factor: 1, mode: 'revert', reason });
    const decision = decided(state, tick, { action: 'revert', reason });
    return { state: entered(next, 'cooldown', tick), decisions: [decision], command, result: undefined };
  }
  if (phase === 'frozen') {
    const reason = 'nothing forbids steering any more';
    return only(entered(state, 'cooldown', tick), decided(state, tick, { action: 'cool_down', reason }));
  }
  if (tick.wallMs < cooldownUntilMs) {
    const reason = `cooling down for another ${Math.ceil((cooldownUntilMs - tick.wallMs) / 1_000)} s`;
    return only(state, decided(state, tick, { action: 'cool_down', reason }));
  }
  return only(entered(state, 'idle', tick), decided(state, tick, { action: 'idle', reason: 'cooled down' }));
}

const entered = (state: ControllerState, phase: 'cooldown' | 'idle', { wallMs }: Tick): ControllerState => ({
  ...state,
  phase,
  phaseSinceMs: wallMs,
  run: undefined,
  command: undefined,
});

/** Nothing may be steered: safe weights are ordered once, unless the lease is lost; then the balancer reverts itself. */
export function freezeRun(state: ControllerState, tick: Tick, finding: RailFinding): ControlTurn {
  const { run } = state;
  const frozen: ControllerState = {
    ...state,
    phase: 'frozen',
    phaseSinceMs: state.phase === 'frozen' ? state.phaseSinceMs : tick.wallMs,
  };
  const decision = decided(state, tick, { action: 'freeze', ...finding });
  if (run === undefined) return only(frozen, decision);
  const end: RunEnd = { outcome: 'frozen', finding };
  const result = run.ended === undefined ? resultOf(run, 'frozen', finding.reason) : undefined;
  const cooling = run.ended === undefined ? coolingAfter(state, tick, end) : {};
  if (state.fenced)
    return { state: { ...frozen, ...cooling, run: undefined }, decisions: [decision], command: undefined, result };
  const { state: next, command } = ordered(frozen, tick, { run, factor: 1, mode: 'revert', reason: finding.reason });
  return { state: { ...next, ...cooling, run: undefined }, decisions: [decision], command, result };
}

function resultOf(run: RunState, outcome: RunOutcome, reason: string): RunResult {
  const { request, estimate, seconds, steps, maxContentionMs, secondsOver100, secondsOver150 } = run;
  const { runId, tier, generation, build } = request;
  const counts = { seconds, steps, maxContentionMs, secondsOver100, secondsOver150 };
  return { runId, tier, generation, build, outcome, reason, estimate, ...counts };
}
