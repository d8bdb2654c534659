import type { ControllerState, RunState } from './controller-state.ts';
import type { RailFinding } from './decisions.ts';
import { donorContentionMs } from './donors.ts';
import { limits } from './limits.ts';
import { contentionMsOf, panelSums } from './panel-evidence.ts';

/** What a rail looks at; all of it is in the state and the tick. */
export interface RailInput {
  readonly state: ControllerState;
  readonly run: RunState;
  readonly wallMs: number;
  readonly monotonicMs: number;
}

type Rail = (input: RailInput) => RailFinding | undefined;

const hardContention: Rail = ({ run }) => {
  const contentionMs = contentionMsOf(run);
  if (contentionMs === undefined || contentionMs <= limits.abortContentionMs) return undefined;
  return tierAbort('contention', `${Math.round(contentionMs)} ms of contention over ten seconds is more than 250`);
};

const softContention: Rail = ({ run: { secondsOver100, secondsOver150 } }) => {
  if (secondsOver100 <= limits.softOver100S && secondsOver150 <= limits.softOver150S) return undefined;
  const reason = `${secondsOver100} s over 100 ms and ${secondsOver150} s over 150 ms are more than a run may cost`;
  return tierAbort('soft_contention', reason);
};

/** More errors than the baseline's share plus half a percentage point, and more than chance (3 sd of Poisson) gives. */
const errors: Rail = ({ run }) => {
  if (run.baseline === undefined) return undefined;
  const { hits, errors: seen } = panelSums(run.window.slice(-limits.windowS));
  const expected = hits * run.baseline.errorRatio;
  const allowed = expected + Math.max(hits * limits.errorRatioOverBaseline, 3 * Math.sqrt(expected + 1));
  if (hits < limits.errorRequestsMin || seen <= allowed) return undefined;
  return tierAbort(
    'errors',
    `${seen} errors of ${hits} hits in ten seconds; at most ${allowed.toFixed(1)} were expected`,
  );
};

const slo: Rail = ({ run }) => {
  if (run.secondsOverSlo < limits.sloSeconds) return undefined;
  return tierAbort('slo', `p95 is over the SLO of ${run.request.slo.p95Ms} ms for ${run.secondsOverSlo} s`);
};

const stalePanel: Rail = ({ run, wallMs }) => {
  const ageMs = wallMs - Math.min(...run.newestRowMs);
  if (ageMs <= limits.staleHoldMs) return undefined;
  const reason = `the oldest telemetry of the panel is ${(ageMs / 1_000).toFixed(1)} s old`;
  const verdict = ageMs > limits.staleAbortMs ? 'abort' : 'hold';
  return { rail: 'stale_panel', verdict, cause: 'pipeline', reason };
};

/** Rows come, but they are no evidence: missing hits, implausible, just started. Missing data is never a pass. */
const noEvidence: Rail = ({ run, wallMs }) => {
  const ageMs = wallMs - Math.min(...run.newestEvidenceMs);
  if (ageMs <= limits.staleHoldMs) return undefined;
  const reason = `a host of the panel gave no usable row for ${(ageMs / 1_000).toFixed(1)} s`;
  return { rail: 'no_evidence', verdict: 'hold', cause: 'pipeline', reason };
};

const staleTier: Rail = ({ run }) => {
  const last = run.window.at(-1);
  if (last === undefined || last.staleHosts <= limits.staleTierRatio * run.request.tierHosts) return undefined;
  const reason = `${last.staleHosts} of ${run.request.tierHosts} hosts are without telemetry`;
  return { rail: 'stale_tier', verdict: 'freeze', cause: 'pipeline', reason };
};

const minHealthy: Rail = ({ run }) => {
  const last = run.window.at(-1);
  if (last === undefined) return undefined;
  const healthy = last.healthyHosts + last.panelHosts;
  if (healthy >= limits.minHealthyRatio * run.request.tierHosts) return undefined;
  const reason = `${healthy} of ${run.request.tierHosts} hosts are healthy; 90 % are needed`;
  return { rail: 'min_healthy', verdict: 'freeze', cause: 'tier', reason };
};

const donorHeadroom: Rail = ({ run }) => {
  const contentionMs = donorContentionMs(run);
  if (contentionMs === undefined || contentionMs < limits.donorContentionMs) return undefined;
  const reason = `if the panel died now, the other hosts would wait ${Math.round(contentionMs)} ms; 20 is the limit`;
  return tierAbort('donor_headroom', reason);
};

/** The rest of the tier got slower although its CPUs did not: a back end. Its latency is no evidence about hosts. */
const slowDownstream: Rail = ({ run }) => {
  if (run.baseline === undefined || run.window.length < limits.windowS) return undefined;
  const recent = run.window.slice(-limits.windowS).flatMap(({ restDurationMs }) => restDurationMs ?? []);
  if (recent.length === 0) return undefined;
  const slowerMs = recent.reduce((sum, ms) => sum + ms, 0) / recent.length - run.baseline.restDurationMs;
  const noiseMs = (limits.downstreamZ * run.baseline.restDurationSdMs) / Math.sqrt(recent.length);
  if (slowerMs <= limits.downstreamMs || slowerMs <= noiseMs) return undefined;
  const reason = `hosts that are not tested are ${Math.round(slowerMs)} ms slower than before the test`;
  return { rail: 'slow_downstream', verdict: 'hold', cause: 'tier', reason };
};

const buildChanged: Rail = ({ run }) => {
  if (run.otherBuild === undefined) return undefined;
  const reason = `build ${run.otherBuild} is on the panel, ${run.request.build} was under test`;
  return { rail: 'build_changed', verdict: 'abort', cause: 'pipeline', reason };
};

/** One host pays more CPU time a hit than the median of the others, beyond doubt: it is no example of its kind. */
const sickHost: Rail = ({ run }) => {
  const costs = run.hostSums.map(({ hits, busyRatio }) => (hits === 0 ? undefined : busyRatio / hits));
  for (const [host, cost] of costs.entries()) {
    const others = costs.filter((other, at) => other !== undefined && at !== host).sort((a, b) => a! - b!);
    const median = others[Math.floor(others.length / 2)];
    if (cost === undefined || median === undefined || others.length < 2) continue;
    // CPU times of hits vary at most about twice their mean; so does their mean, by the root of their number.
    const noise = (limits.sickZ * 2) / Math.sqrt(run.hostSums[host]!.hits);
    const excess = cost / median - 1;
    if (excess > limits.sickRatioMin + noise) {
      const reason = `${run.request.panel[host]} needs ${Math.round(100 * excess)} % more CPU time a hit than its peers`;
      return tierAbort('sick_host', reason);
    }
  }
  return undefined;
};

const acknowledgement: Rail = ({ state: { command }, monotonicMs }) => {
  if (command === undefined || command.acknowledged || command.fault !== undefined) return undefined;
  if (monotonicMs - command.sentMonotonicMs <= limits.ackMs) return undefined;
  const reason = `command ${command.seq} was not acknowledged within 3 s`;
  return { rail: 'ack', verdict: 'abort', cause: 'pipeline', reason };
};

const readBack: Rail = ({ state: { command } }) => {
  const fault = command?.fault;
  if (fault === undefined) return undefined;
  if (fault === 'rejected_killed' || fault === 'reverted_killed') return killed;
  const reason = `the balancer answered ${fault} to command ${command!.seq}: its weights are not those that were sent`;
  return { rail: 'readback', verdict: 'abort', cause: 'pipeline', reason };
};

const catchingUp: Rail = ({ state }) =>
  state.live
    ? undefined
    : { rail: 'catching_up', verdict: 'hold', cause: 'pipeline', reason: 'a backlog of telemetry is still being read' };

const killed: RailFinding = {
  rail: 'kill_switch',
  verdict: 'freeze',
  cause: 'pipeline',
  reason: 'the kill switch is on',
};

export const killSwitch = ({ killSwitch: known }: ControllerState, wallMs: number): RailFinding | undefined => {
  if (known?.on === true) return killed;
  if (known !== undefined && wallMs - known.knownMs <= limits.killSwitchUnknownMs) return undefined;
  const reason = 'the state of the kill switch is not known for more than 5 s';
  return { rail: 'kill_switch', verdict: 'hold', cause: 'pipeline', reason };
};

export const fenced = (state: ControllerState): RailFinding | undefined =>
  state.fenced
    ? {
        rail: 'fenced',
        verdict: 'freeze',
        cause: 'pipeline',
        reason: 'this controller does not hold the lease of the tier',
      }
    : undefined;

export const clock = ({ clock: reading }: ControllerState): RailFinding | undefined => {
  const skewMs = Math.abs(reading?.skewMs ?? 0);
  const jumpMs = Math.abs(reading?.jumpMs ?? 0);
  if (skewMs <= limits.clockSkewMs && jumpMs <= limits.clockSkewMs) return undefined;
  const reason = `clocks disagree by ${Math.round(Math.max(skewMs, jumpMs))} ms; 1000 is the limit`;
  return { rail: 'clock', verdict: 'hold', cause: 'pipeline', reason };
};

export const disturbance = (state: ControllerState, wallMs: number): RailFinding | undefined => {
  if (state.disturbedMs === undefined || wallMs - state.disturbedMs >= 1_000 * limits.bakeS) return undefined;
  const agoS = Math.round((wallMs - state.disturbedMs) / 1_000);
  const reason = `a deploy, reload, failover or test of a neighbour was ${agoS} s ago; 900 s are waited`;
  return { rail: 'bake', verdict: 'abort', cause: 'pipeline', reason };
};

const timeLimit: Rail = ({ run }) =>
  run.seconds <= limits.runMaxS
    ? undefined
    : { rail: 'time_limit', verdict: 'abort', cause: 'pipeline', reason: 'a run may take an hour' };

const asked: Rail = ({ run }) => run.asked;

const rails: readonly Rail[] = [
  asked,
  hardContention,
  softContention,
  errors,
  slo,
  stalePanel,
  noEvidence,
  staleTier,
  minHealthy,
  donorHeadroom,
  slowDownstream,
  buildChanged,
  sickHost,
  acknowledgement,
  readBack,
  catchingUp,
  timeLimit,
  ({ state, wallMs }) => killSwitch(state, wallMs),
  ({ state }) => fenced(state),
  ({ state }) => clock(state),
  ({ state, wallMs }) => disturbance(state, wallMs),
];

const gravity = { hold: 1, abort: 2, freeze: 3 } as const;

/** The gravest finding of a run under test; of equally grave ones the first in the order of the rails. */
export function gravestFinding(input: RailInput): RailFinding | undefined {
  let gravest: RailFinding | undefined;
  for (const rail of rails) {
    const finding = rail(input);
    if (finding !== undefined && (gravest === undefined || gravity[finding.verdict] > gravity[gravest.verdict])) {
      gravest = finding;
    }
  }
  return gravest;
}

const tierAbort = (rail: RailFinding['rail'], reason: string): RailFinding => ({
  rail,
  verdict: 'abort',
  cause: 'tier',
  reason,
});
