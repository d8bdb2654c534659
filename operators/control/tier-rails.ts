import { type LoadSums, mergeSums, noLoad } from '../capacity/dwell.ts';
import type { ControllerState, RunState, SecondSummary } from './controller-state.ts';
import { isTesting } from './controller-state.ts';
import type { RailFinding, RailName } from './decisions.ts';
import { limits } from './limits.ts';
import { contentionMsOf, panelSums } from './panel-evidence.ts';
import { poissonTail } from './poisson-tail.ts';

/** What users and hosts of the tier forbid. */
export function tierRails(state: ControllerState): RailFinding[] {
  const { run } = state;
  if (run === undefined || !isTesting(state)) return [];
  const findings = [
    contention(run),
    softContention(run),
    errors(run),
    slo(run),
    sloErrors(run),
    minHealthy(run),
    staleTier(run),
    slowDownstream(run),
    buildChanged(run),
    sickHost(run),
    timeLimit(run),
  ];
  return findings.filter((finding) => finding !== undefined);
}

const tier = (rail: RailName, verdict: RailFinding['verdict'], reason: string): RailFinding => ({
  rail,
  verdict,
  cause: 'tier',
  reason,
});

function contention(run: RunState): RailFinding | undefined {
  const contentionMs = contentionMsOf(run);
  return contentionMs !== undefined && contentionMs > limits.abortContentionMs
    ? tier('contention', 'abort', `contention of ten seconds is ${Math.round(contentionMs)} ms`)
    : undefined;
}

function softContention({ secondsOver100, secondsOver150 }: RunState): RailFinding | undefined {
  if (secondsOver100 > limits.softOver100S)
    return tier('soft_contention', 'abort', `${secondsOver100} s over 100 ms of contention`);
  return secondsOver150 > limits.softOver150S
    ? tier('soft_contention', 'abort', `${secondsOver150} s over 150 ms of contention`)
    : undefined;
}

/** More than half a percentage point over the baseline, and more than chance gives in a test of an hour. */
function errors({ window, baseline }: RunState): RailFinding | undefined {
  if (baseline === undefined) return undefined;
  const { hits, errors } = panelSums(window.slice(-limits.windowS));
  if (hits < limits.errorRequestsMin || errors / hits <= baseline.errorRatio + limits.errorRatioOverBaseline)
    return undefined;
  const expected = baseline.errorRatioUpper * hits;
  return poissonTail(errors, expected) < limits.errorChance
    ? tier('errors', 'abort', `${errors} of ${hits} hits failed; at most ${expected.toFixed(1)} were expected`)
    : undefined;
}

const slo = ({ secondsOverSlo, request }: RunState): RailFinding | undefined =>
  secondsOverSlo >= limits.sloSeconds
    ? tier('slo', 'abort', `p95 is over ${request.slo.p95Ms} ms for ${secondsOverSlo} s`)
    : undefined;

/** More errors over a minute than the owner allows, beyond chance: whoever is to blame, this is no time for a test. */
function sloErrors({ window, request }: RunState): RailFinding | undefined {
  const { hits, errors } = panelSums(window);
  const allowed = request.slo.errorRatio * hits;
  return hits >= limits.errorRequestsMin && errors > allowed && poissonTail(errors, allowed) < limits.errorChance
    ? tier('slo', 'abort', `${errors} of ${hits} hits failed; the SLO allows ${allowed.toFixed(1)}`)
    : undefined;
}

/** Hosts of the panel without a usable row are not fresh and healthy either. */
function minHealthy({ window, request }: RunState): RailFinding | undefined {
  const last = window.at(-1);
  if (last === undefined) return undefined;
  const healthy = last.healthyHosts + last.panelHosts;
  const hosts = last.restHosts + request.panel.length;
  return healthy < limits.minHealthyRatio * hosts
    ? tier('min_healthy', 'freeze', `${healthy} of ${hosts} hosts are fresh and healthy`)
    : undefined;
}

function staleTier({ window, request }: RunState): RailFinding | undefined {
  const last = window.at(-1);
  if (last === undefined) return undefined;
  const hosts = last.restHosts + request.panel.length;
  return last.staleHosts > limits.staleTierRatio * hosts
    ? tier('stale_tier', 'freeze', `telemetry of ${last.staleHosts} of ${hosts} hosts is stale`)
    : undefined;
}

/** The hosts that were not loaded became slower too: it is not the load of the panel that does it. */
function slowDownstream({ window, baseline }: RunState): RailFinding | undefined {
  if (baseline === undefined) return undefined;
  const restMs = restDurationMs(window.slice(-limits.windowS));
  if (restMs === undefined) return undefined;
  const slowerMs = restMs - baseline.restDurationMs;
  const seMs = baseline.restDurationSdMs / Math.sqrt(limits.windowS);
  return slowerMs > limits.downstreamMs && slowerMs > limits.downstreamZ * seMs
    ? tier('slow_downstream', 'hold', `hosts outside the panel are ${Math.round(slowerMs)} ms slower than before`)
    : undefined;
}

/** Mean duration outside the panel, over hits; undefined without any. */
export function restDurationMs(window: readonly SecondSummary[]): number | undefined {
  let hits = 0;
  let sumMs = 0;
  for (const second of window) {
    if (second.restDurationMs === undefined) continue;
    hits += second.restHits;
    sumMs += second.restHits * second.restDurationMs;
  }
  return hits === 0 ? undefined : sumMs / hits;
}

const buildChanged = ({ otherBuild, request }: RunState): RailFinding | undefined =>
  otherBuild === undefined
    ? undefined
    : tier('build_changed', 'abort', `the panel runs ${otherBuild}, not ${request.build}`);

/** One host needs much more CPU time a hit than the rest of the panel: its capacity is not that of its kind. */
function sickHost({ hostSums, request, estimate }: RunState): RailFinding | undefined {
  if (hostSums.length < 2) return undefined;
  const cv2 = Math.min(limits.sickCv2Max, Math.max(limits.sickCv2Min, estimate?.fit.serviceCv2 ?? limits.sickCv2Max));
  for (const [host, sums] of hostSums.entries()) {
    const others = hostSums.reduce((all, other, at) => (at === host ? all : mergeSums(all, other)), noLoad);
    if (sums.hits === 0 || others.hits === 0) continue;
    const ratio = busyPerHit(sums) / busyPerHit(others) - 1;
    const se = Math.sqrt(cv2) * Math.sqrt(1 / sums.hits + 1 / others.hits);
    if (ratio > limits.sickRatioMin && ratio > limits.sickZ * se) {
      const reason = `${request.panel[host]} needs ${Math.round(100 * ratio)} % more CPU time a hit than the others`;
      return tier('sick_host', 'abort', reason);
    }
  }
  return undefined;
}

const busyPerHit = ({ busyRatio, hits }: LoadSums): number => busyRatio / hits;

const timeLimit = ({ seconds }: RunState): RailFinding | undefined =>
  seconds > limits.runMaxS ? tier('time_limit', 'abort', `the run takes more than ${limits.runMaxS} s`) : undefined;
