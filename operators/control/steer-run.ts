import { contentionMsAt } from '../capacity/contention-curve.ts';
import { type Dwell, pointOf } from '../capacity/dwell.ts';
import { estimateCapacity, relativeHalfWidth } from '../capacity/estimate-capacity.ts';
import { isSettled } from '../capacity/is-settled.ts';
import type { ControlTurn } from './controller.ts';
import type { ControllerState, RunBaseline, RunState } from './controller-state.ts';
import type { Decision, RailFinding } from './decisions.ts';
import { endRun } from './end-run.ts';
import { limits } from './limits.ts';
import { newRun, opened } from './new-run.ts';
import { panelSums } from './panel-evidence.ts';
import { type CurveBounds, curveBounds } from './pessimistic-curve.ts';
import { dwellOf, type LoadPlan, planLoad } from './plan-load.ts';
import { donorHeadroom, factorFor, factorMax, weightsAt } from './steer-weights.ts';
import type { TestRequest, Tick } from './tier-events.ts';
import { restDurationMs } from './tier-rails.ts';
import { decided, only, ordered } from './turn.ts';

/** Begins with the weights that are there already: the balancer has to answer before any load moves. */
export function beginRun(state: ControllerState, request: TestRequest, tick: Tick): ControlTurn {
  const run = newRun(request, tick.wallMs);
  const reason = `the baseline of ${request.panel.length} hosts is measured`;
  const { state: next, command } = ordered(state, tick, { run, factor: 1, mode: 'test', reason });
  const begun: ControllerState = { ...next, phase: 'baseline', phaseSinceMs: tick.wallMs };
  return { state: begun, decisions: [decided(begun, tick, { action: 'start', reason })], command, result: undefined };
}

/** One tick of a test that no rail ends; `held` forbids raises. */
export function steerRun(state: ControllerState, tick: Tick, held: RailFinding | undefined): ControlTurn {
  const run = state.run!;
  const { open } = run;
  const nothing = (reason: string) =>
    renewed(state, tick, decided(state, tick, { action: 'nothing', reason, rail: held?.rail }));
  if (open.seconds < open.measureS) {
    return nothing(held?.reason ?? `measured ${open.seconds} of ${open.measureS} s at this load`);
  }
  // No load moves from weights that are not known to stand; the rail ends the test where the answer stays away.
  if (state.command?.acknowledged !== true) return nothing('the answer of the balancer is due');
  const measured = withEstimate(state.phase === 'hold' ? run : { ...run, baseline: run.baseline ?? baselineOf(run) });
  const looked: ControllerState = { ...state, run: measured };
  if (isFound(measured, false)) return found(looked, tick);
  if (held !== undefined) return keepLoad(looked, tick, held);
  if (measured.baseline === undefined) {
    return keepLoad(looked, tick, {
      rail: 'no_evidence',
      reason: 'what is normal was not seen: no hits or no CPU time',
    });
  }
  const bounds = boundsOf(measured);
  const hitsPerS = pointOf(measured.open)?.hitsPerS;
  if (bounds === undefined || hitsPerS === undefined) {
    return keepLoad(looked, tick, { rail: 'inconclusive', reason: 'no CPU time or no hits were seen' });
  }
  return followPlan({
    state: looked,
    tick,
    bounds,
    plan: planLoad(hitsPerS, bounds, { ...measured, hosts: measured.request.panel.length }),
  });
}

interface PlanGiven {
  readonly state: ControllerState;
  readonly tick: Tick;
  readonly bounds: CurveBounds;
  readonly plan: LoadPlan;
}

function followPlan({ state, tick, bounds, plan }: PlanGiven): ControlTurn {
  const run = state.run!;
  if (plan.kind === 'hold') return isFound(run, true) ? found(state, tick) : keepLoad(state, tick, plan);
  const factor = Math.min(factorFor(run, plan.hitsPerS) ?? run.factor, factorMax(run.request));
  if (plan.kind === 'raise') {
    const donors = donorHeadroom(run);
    if (donors !== undefined) return keepLoad(state, tick, donors);
    const same = weightsAt(run.request, factor).every(
      ({ weight }, at) => weight <= weightsAt(run.request, run.factor)[at]!.weight,
    );
    if (same && isFound(run, true)) return found(state, tick);
    if (same)
      return keepLoad(state, tick, { rail: 'panel_weight', reason: 'no higher weight is allowed or near enough' });
  }
  const { settleS, measureS } = dwellOf(plan.hitsPerS, bounds.likely);
  const moved: RunState = {
    ...run,
    closed: [...run.closed, { units: run.open.units }],
    open: opened(run.request, tick.wallMs + 1_000 * settleS, measureS),
    steps: run.steps + 1,
    targetHitsPerS: plan.hitsPerS,
  };
  const { state: next, command } = ordered(state, tick, { run: moved, factor, mode: 'test', reason: plan.reason });
  const ramping: ControllerState = {
    ...next,
    phase: 'ramp',
    phaseSinceMs: state.phase === 'ramp' ? state.phaseSinceMs : tick.wallMs,
  };
  const reason = `${plan.reason}; ${Math.round(plan.contentionMs)} ms expected, ${Math.round(plan.upperMs)} at most`;
  return {
    state: ramping,
    decisions: [decided(ramping, tick, { action: plan.kind, reason })],
    command,
    result: undefined,
  };
}

function found(state: ControllerState, tick: Tick): ControlTurn {
  const reason = `capacity is known to ${(100 * relativeHalfWidth(state.run!.estimate!)).toFixed(1)} %`;
  return endRun(state, tick, { outcome: 'found', finding: { reason, cause: 'tier' } });
}

const holdMaxS = (hosts: number): number =>
  limits.holdMaxS * Math.min(limits.holdMaxFactor, Math.max(1, limits.panelHostsMax / hosts));

/** Stays at this load and measures on, up to a limit. */
function keepLoad(
  state: ControllerState,
  tick: Tick,
  why: { readonly reason: string; readonly rail?: RailFinding['rail'] },
): ControlTurn {
  const run = state.run!;
  if (run.holdSeconds >= holdMaxS(run.request.panel.length)) {
    const reason = `not known well enough after ${run.holdSeconds} s of holding: ${why.reason}`;
    return endRun(state, tick, {
      outcome: 'inconclusive',
      finding: { reason, cause: 'pipeline', rail: 'inconclusive' },
    });
  }
  const holding: ControllerState = {
    ...state,
    phase: 'hold',
    phaseSinceMs: state.phase === 'hold' ? state.phaseSinceMs : tick.wallMs,
    run: {
      ...run,
      holdSeconds: run.holdSeconds + limits.holdS,
      open: { ...run.open, measureS: run.open.seconds + limits.holdS },
    },
  };
  return renewed(holding, tick, decided(holding, tick, { action: 'hold', ...why }));
}

/** A command dies without renewal. One that the balancer has not answered is not renewed: its silence is to be seen. */
export function renewed(state: ControllerState, tick: Tick, decision: Decision): ControlTurn {
  const { command: sent, run } = state;
  const due = sent?.acknowledged === true && tick.monotonicMs - sent.sentMonotonicMs >= limits.renewMs;
  if (!due || run === undefined) return only(state, decision);
  const again = ordered(state, tick, { run, factor: run.factor, mode: 'test', reason: 'renewed' });
  return { state: again.state, decisions: [decision], command: again.command, result: undefined };
}

const dwellsOf = (run: RunState): Dwell[] => [...run.closed, run.open];

function withEstimate(run: RunState): RunState {
  const { servers, request } = run;
  const hosts = request.panel.length;
  const estimate = servers === undefined ? undefined : estimateCapacity({ dwells: dwellsOf(run), servers, hosts });
  return { ...run, estimate: estimate ?? run.estimate, looks: [...run.looks, estimate].slice(-2) };
}

/** `cannotRise`: as much contention was seen as may be. */
const isFound = ({ looks }: RunState, cannotRise: boolean): boolean =>
  isSettled({
    estimate: looks[1],
    previous: looks[0],
    cannotRise,
    halfWidthMax: limits.foundHalfWidth,
    contentionMsMin: limits.foundContentionMs,
  });

function boundsOf(run: RunState): CurveBounds | undefined {
  const { servers, estimate } = run;
  return servers === undefined ? undefined : curveBounds({ dwells: dwellsOf(run), servers, estimate });
}

/** What is normal, from the seconds before the first step; what little hits wait even then is taken off. */
function baselineOf(run: RunState): RunBaseline | undefined {
  const point = pointOf(run.open);
  const bounds = boundsOf(run);
  if (point === undefined || bounds === undefined) return undefined;
  const { hits, errors } = panelSums(run.window);
  const durations = run.window.flatMap(({ restDurationMs: ms }) => ms ?? []);
  const restMs = restDurationMs(run.window);
  if (hits === 0 || restMs === undefined) return undefined;
  const spread = durations.reduce((sum, ms) => sum + (ms - restMs) ** 2, 0) / Math.max(1, durations.length - 1);
  const busy = run.window.reduce((sum, { restBusyRatio, poolHosts }) => sum + restBusyRatio * poolHosts, 0);
  const restHits = run.window.reduce((sum, second) => sum + second.restHits, 0);
  return {
    durationMs: point.durationMs - contentionMsAt(bounds.likely, point.hitsPerS),
    errorRatio: errors / hits,
    // About the 95 % bound of a Poisson count.
    errorRatioUpper: (errors + 2 + 2 * Math.sqrt(errors)) / hits,
    restDurationMs: restMs,
    restDurationSdMs: Math.sqrt(spread),
    restBusyPerHit: busy / restHits,
  };
}
