import type { ControllerState, RunState } from './controller-state.ts';
import { isTesting } from './controller-state.ts';
import type { RailFinding } from './decisions.ts';
import { drainedServer } from './drained-server.ts';
import { limits } from './limits.ts';
import { besideNeighbours } from './neighbour-tests.ts';
import type { Tick } from './tier-events.ts';

/** What forbids steering because of our own pipeline: lease, switch, clocks, telemetry, balancer. */
export function pipelineRails(state: ControllerState, tick: Tick): RailFinding[] {
  const findings = [fenced(state), killSwitch(state, tick), clock(state), catchingUp(state), rival(state, tick)];
  if (state.run !== undefined && isTesting(state)) {
    findings.push(
      state.run.asked,
      besideNeighbours(state, tick.wallMs),
      // The tier's trouble, but it says why the balancer answers as it does.
      drainedServer(state),
      balancer(state, tick),
      stalePanel(state.run, tick),
      noEvidence(state.run, tick),
    );
  }
  return findings.filter((finding) => finding !== undefined);
}

const pipeline = (rail: RailFinding['rail'], verdict: RailFinding['verdict'], reason: string): RailFinding => ({
  rail,
  verdict,
  cause: 'pipeline',
  reason,
});

const fenced = ({ fenced, epoch }: ControllerState): RailFinding | undefined =>
  fenced
    ? pipeline('fenced', 'freeze', epoch === 0 ? 'no lease was taken yet' : `the lease of epoch ${epoch} is lost`)
    : undefined;

function killSwitch({ killSwitch }: ControllerState, { wallMs }: Tick): RailFinding | undefined {
  if (killSwitch?.on) return pipeline('kill_switch', 'freeze', 'the kill switch is on');
  const unknownMs = killSwitch === undefined ? Number.POSITIVE_INFINITY : wallMs - killSwitch.knownMs;
  if (unknownMs <= limits.killSwitchUnknownMs) return undefined;
  const since = Number.isFinite(unknownMs) ? ` for ${unknownMs / 1_000} s` : '';
  return pipeline('kill_switch', 'hold', `the state of the kill switch is unknown${since}`);
}

function clock({ clock }: ControllerState): RailFinding | undefined {
  if (clock === undefined) return undefined;
  if (clock.skewMs === undefined) return pipeline('clock', 'hold', "the broker's clock is unknown");
  const { skewMs, jumpMs } = clock;
  if (Math.abs(skewMs) > limits.clockSkewMs) {
    return pipeline('clock', 'hold', `this clock is ${skewMs} ms off the broker's`);
  }
  return Math.abs(jumpMs) > limits.clockSkewMs
    ? pipeline('clock', 'hold', `the wall clock jumped by ${jumpMs} ms`)
    : undefined;
}

const catchingUp = ({ live }: ControllerState): RailFinding | undefined =>
  live ? undefined : pipeline('catching_up', 'hold', 'the newest complete second is one of a backlog');

/** No command of an older lease is alive any more: it lives 10 s, and its answer comes within a few. */
const rivalGoneAfterMs = 15_000;

/**
 * A command is the whole state of the pool: one that began beside another controller's test would carry that test's
 * raised weights on, for as long as its own test lasts, and fence whoever watches them.
 */
function rival({ rivalMs }: ControllerState, { wallMs }: Tick): RailFinding | undefined {
  if (rivalMs === undefined || wallMs - rivalMs > rivalGoneAfterMs) return undefined;
  const agoS = Math.round((wallMs - rivalMs) / 1_000);
  return pipeline('takeover', 'hold', `another controller, of an older lease, commanded this pool ${agoS} s ago`);
}

function balancer({ command }: ControllerState, { monotonicMs }: Tick): RailFinding | undefined {
  if (command === undefined) return undefined;
  const { fault, acknowledged, sentMonotonicMs } = command;
  if (fault === 'readback_mismatch')
    return pipeline('readback', 'abort', 'the balancer has other weights than ordered');
  if (fault !== undefined) return pipeline('ack', 'abort', `the balancer answered ${fault}`);
  const waitedMs = monotonicMs - sentMonotonicMs;
  return !acknowledged && waitedMs > limits.ackMs
    ? pipeline('ack', 'abort', `no verified answer of the balancer for ${Math.round(waitedMs)} ms`)
    : undefined;
}

/** Age by the wall clock of the oldest newest row; complete seconds trail by the lateness that is waited for. */
function stalePanel({ newestRowMs, request }: RunState, { wallMs }: Tick): RailFinding | undefined {
  const oldest = Math.min(...newestRowMs);
  const ageMs = wallMs - oldest;
  if (ageMs <= limits.staleHoldMs) return undefined;
  const host = request.panel[newestRowMs.indexOf(oldest)];
  const verdict = ageMs > limits.staleAbortMs ? 'abort' : 'hold';
  return pipeline('stale_panel', verdict, `telemetry of ${host} is ${ageMs} ms old`);
}

/** Rows come but say nothing that may be believed: another build, a young process, impossible numbers. */
function noEvidence({ newestEvidenceMs, request }: RunState, { wallMs }: Tick): RailFinding | undefined {
  const oldest = Math.min(...newestEvidenceMs);
  return wallMs - oldest > limits.staleHoldMs
    ? pipeline('no_evidence', 'hold', `no usable row of ${request.panel[newestEvidenceMs.indexOf(oldest)]}`)
    : undefined;
}
