import type { CapacityRecord, LoadTestRun, LoadTestStep } from '../../schemas/load-test-records.ts';
import type { WeightCommand } from '../../schemas/weight-records.ts';
import type { CapacityEstimate } from '../capacity/estimate-capacity.ts';
import type { RunState } from './controller-state.ts';
import type { Decision, RunResult } from './decisions.ts';
import { trafficOf } from './panel-evidence.ts';
import type { TestRequest } from './tier-events.ts';

export interface StepFacts {
  readonly tier: string;
  readonly epoch: number;
  readonly run: RunState | undefined;
  /** Of the run, or of the rehearsal. */
  readonly request: TestRequest | undefined;
  readonly startedMs: number;
  readonly command: WeightCommand | undefined;
  readonly result: RunResult | undefined;
}

/** A decision as it is published. */
export function stepRecordOf(
  decision: Decision,
  { tier, epoch, run, request, startedMs, command, result }: StepFacts,
): LoadTestStep {
  const { timeMs, phase, action, reason, rail, runId, contentionMs, targetHitsPerS, estimate } = decision;
  return {
    timeMs,
    tier,
    epoch,
    phase,
    action,
    reason,
    rail,
    runId,
    contentionMs,
    targetHitsPerS,
    hitsPerS: run && trafficOf(run)?.perPanelHost,
    factor: run?.factor,
    lambda100: estimate?.lambda100,
    lo: estimate?.lo,
    hi: estimate?.hi,
    commandSeq: command?.seq,
    ended: result && request && runRecordOf(result, request, startedMs),
  };
}

function runRecordOf(result: RunResult, request: TestRequest, startedMs: number): LoadTestRun {
  const { runId, generation, build, outcome, reason, seconds, steps, estimate } = result;
  const { maxContentionMs, secondsOver100, secondsOver150 } = result;
  return {
    runId,
    generation,
    build,
    pool: request.pool,
    panelHosts: request.panel.length,
    startedMs,
    outcome,
    reason,
    seconds,
    steps,
    maxContentionMs,
    secondsOver100,
    secondsOver150,
    lambda100: estimate?.lambda100,
    lo: estimate?.lo,
    hi: estimate?.hi,
  };
}

/** The capacity that a test ended with, found or not; undefined without an estimate. */
export function capacityRecordOf(
  { tier, generation, build, runId, outcome, estimate }: RunResult,
  servers: number | undefined,
  timeMs: number,
): CapacityRecord | undefined {
  if (estimate === undefined || servers === undefined) return undefined;
  const head = { timeMs, tier, generation, build, runId, outcome };
  return { ...head, ...figuresOf(estimate, servers), scalability: undefined };
}

/** An estimate as it is published. Sums of natural traffic are decayed and no whole numbers; counts are. */
export function figuresOf(estimate: CapacityEstimate, servers: number) {
  const { fit, lambda100, lo, hi, relativeSe, degreesOfFreedom, model, bottleneck, extrapolated } = estimate;
  const { cpuSaturationHitsPerS, cpuSaturationRelativeSe, backgroundRatio } = estimate;
  const { highestContentionMs, highestHitsPerS } = estimate;
  const { units, dwells } = estimate;
  return {
    lambda100,
    lo,
    hi,
    relativeSe,
    degreesOfFreedom,
    model,
    bottleneck,
    extrapolated,
    baselineMs: fit.baselineMs,
    kappa: fit.kappa,
    saturationHitsPerS: fit.saturationHitsPerS,
    cpuSaturationHitsPerS,
    cpuSaturationRelativeSe,
    arrivalCv2: fit.arrivalCv2,
    backgroundRatio,
    servers,
    highestContentionMs,
    highestHitsPerS,
    units,
    dwells,
    hits: Math.round(estimate.hits),
    hostSeconds: Math.round(estimate.hostSeconds),
  };
}
