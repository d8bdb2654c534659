import { jackknifeSe } from '../stats/jackknife.ts';
import { studentT, studentT95 } from '../stats/student-t.ts';
import { arrivalCv2 } from './arrival-variability.ts';
import { capacityContentionMs, contentionMsAt, loadAtContention } from './contention-curve.ts';
import { cpuSaturationRelativeSe, fitCpuSaturation } from './cpu-saturation.ts';
import { type Dwell, type LoadPoint, pointsOf } from './dwell.ts';
import { type EffectiveServers, effectiveServers, fitWith, normalized } from './effective-servers.ts';
import { type ContentionFit, fitContentionByLatency } from './fit-contention.ts';
import { withoutServiceNoise } from './service-noise.ts';
import { dependenceFactor } from './unit-dependence.ts';

/**
 * `cpu`: saturation from the slope of busy CPU time. `fewer_servers`: the same, but only some of the CPUs can serve at
 * once. `latency`: saturation from latencies alone.
 */
export type CapacityModel = 'cpu' | 'fewer_servers' | 'latency';

/** Capacity of one host of a kind, with what it rests on. Loads are hits/s of one host. */
export interface CapacityEstimate {
  /** Hits/s at which the mean wait is 100 ms over the baseline; `lo` and `hi` bound it with 95 %. */
  readonly lambda100: number;
  readonly lo: number;
  readonly hi: number;
  /** Standard error of ln lambda100 and its degrees of freedom. */
  readonly relativeSe: number;
  readonly degreesOfFreedom: number;
  readonly model: CapacityModel;
  /** `not_cpu`: hits wait although CPUs are free: memory bandwidth, locks, a pool, a back end. */
  readonly bottleneck: 'cpu' | 'not_cpu';
  /** Probability that it is not the CPU; where it is not known, the interval allows for both. */
  readonly notCpuProbability: number;
  /** The curve was not seen up to 60 ms: lambda100 lies beyond the measured. */
  readonly extrapolated: boolean;
  readonly fit: ContentionFit;
  /** Hits/s at which CPUs would be busy all the time, and the standard error of its logarithm. */
  readonly cpuSaturationHitsPerS: number;
  readonly cpuSaturationRelativeSe: number;
  readonly backgroundRatio: number;
  /** Fitted contention at the highest load that was held. */
  readonly highestContentionMs: number;
  readonly highestHitsPerS: number;
  readonly units: number;
  readonly dwells: number;
  readonly hits: number;
  readonly hostSeconds: number;
}

export interface CapacityGiven {
  readonly dwells: readonly Dwell[];
  /** k: logical CPUs of a host, from its inventory. Only the shape of the curve depends on it. */
  readonly servers: number;
  /** Hosts that the units are of; by default each is of another one. */
  readonly hosts?: number;
  /**
   * Hardly anything waits at these loads, as under natural traffic. Noise is then that of service times, most of which the
   * CPU time takes away again: it is no evidence of kappa, or curves that expect little noise would be preferred whatever
   * the waits are. And latencies alone do not say where they end.
   */
  readonly littleContention?: boolean;
}

/** Below this fitted contention the estimate says that it is an extrapolation. */
export const extrapolatedBelowMs = 60;
/** Fewest independent units: fewer do not show how much they differ. */
const unitsMin = 4;
/** Fewest different loads: two parameters and something left to contradict them. */
const dwellsMin = 3;
/**
 * The form of the curve is an approximation: where it is read off far above the measured contention it may err by this
 * much of ln(100 ms ÷ measured), in ln lambda100. Against exact queues (8 to 32 servers, cv² 0.5 to 4): see README.
 */
const formErrorPerLog = 0.004;
/** So much more where arrivals are regular: that form is an approximation of heavy traffic. */
const formErrorOfRegular = 0.005;
/** The latency-only capacity is lower by at least this, beyond doubt, before the CPU is said not to be the bottleneck. */
const disagreementMin = 0.05;
const disagreementZ = 2.5;

/** From so much probability on the bottleneck is said not to be the CPU. */
const notCpuMin = 0.95;

/** Models that can be solved must have so much of the probability. */
const knownMin = 0.9;

/** What is known of a host and of what comes to it. */
interface Host {
  readonly servers: number;
  readonly arrivalCv2: number;
  readonly noiseCv2: number | undefined;
}

interface Solved {
  readonly cpuSaturation: number;
  readonly background: number;
  /** Of the most probable model. */
  readonly fit: ContentionFit;
  /** Mean over the models, by their probability, and the standard deviation of its logarithm between them. */
  readonly lambda100: number;
  readonly modelSd: number;
}

/**
 * Estimates capacity from dwells at different loads. The interval is a delete-one jackknife over units, which assumes
 * nothing about how seconds hang together. undefined while dwells or units are too few, or show no contention at all.
 */
export function estimateCapacity(given: CapacityGiven): CapacityEstimate | undefined {
  const { dwells, servers, hosts, littleContention = false } = given;
  const units = dwells[0]?.units.length ?? 0;
  if (units < unitsMin || dwells.length < dwellsMin) return undefined;
  const all = pointsOf(dwells);
  const parts = Array.from({ length: units }, (_, unit) => pointsOf(dwells, unit));
  const cpu = fitCpuSaturation(all);
  if (cpu === undefined) return undefined;
  const host = {
    servers,
    arrivalCv2: arrivalCv2({ dwells, cpuSaturationHitsPerS: cpu.saturationHitsPerS }),
    noiseCv2: littleContention ? 1 : undefined,
  };
  const models = modelsOf({ all, parts, host });
  const byCpu = solveByCpu(all, host, models);
  if (byCpu === undefined) return undefined;
  const cpuParts = parts.map((points) => solveByCpu(points, host, models));
  const latencyOnly = littleContention ? undefined : latencyVerdict({ all, parts, host, byCpu, cpuParts });
  const model = models[0]!.servers === servers ? ('cpu' as const) : ('fewer_servers' as const);
  const notCpu = 1 - (models.find((candidate) => candidate.servers === servers)?.probability ?? 0);
  const chosen = latencyOnly ?? { whole: byCpu, parts: cpuParts, model, notCpu };
  const sampled = jackknifeSe(chosen.parts.map((part) => part && Math.log(part.lambda100)));
  const saturation = cpuSaturationRelativeSe(parts);
  if (sampled === undefined || saturation === undefined) return undefined;
  return summaryOf({ chosen, sampled, saturation, all, units, hosts: hosts ?? units });
}

/**
 * Numbers of servers to reckon with: those that can be fitted whichever unit is left out. None where a number without
 * waits is probable: it cannot say how much it can take, and its silence is no proof of the others.
 */
function modelsOf({ all, parts, host }: Pick<VerdictGiven, 'all' | 'parts' | 'host'>): EffectiveServers[] {
  const adjusted = [all, ...parts].map((points) => withoutServiceNoise(points, host.servers));
  const [whole] = adjusted;
  if (whole === undefined || adjusted.includes(undefined)) return [];
  const fits = effectiveServers({ ...whole, ...host }).map((model) => ({
    ...model,
    kappas: adjusted.map((part) => fitWith({ ...part!, ...host }, model.servers)?.kappa),
  }));
  const possible = normalized(fits.filter(({ kappas }) => !kappas.includes(undefined)));
  const known = possible.filter(({ kappas }) => kappas.every((kappa) => kappa! > 0));
  return known.reduce((sum, { probability }) => sum + probability, 0) < knownMin ? [] : normalized(known);
}

interface Chosen {
  readonly whole: Solved;
  readonly parts: readonly (Solved | undefined)[];
  readonly model: CapacityModel;
  readonly notCpu: number;
}

interface SummaryGiven {
  readonly chosen: Chosen;
  readonly sampled: number;
  readonly saturation: number;
  readonly all: readonly LoadPoint[];
  readonly units: number;
  readonly hosts: number;
}

function summaryOf({ chosen, sampled, saturation, all, units, hosts }: SummaryGiven): CapacityEstimate {
  const { whole, model, notCpu } = chosen;
  const lambda100 = Math.min(
    whole.lambda100 * Math.exp(-biasOf(chosen)),
    // Beyond saturation nothing is a capacity.
    whole.fit.saturationHitsPerS,
  );
  const highestHitsPerS = Math.max(...all.map(({ hitsPerS }) => hitsPerS));
  const highestContentionMs = contentionMsAt(
    whole.fit,
    Math.min(highestHitsPerS, 0.999 * whole.fit.saturationHitsPerS),
  );
  const distance = Math.max(0, Math.log(capacityContentionMs / Math.max(1, highestContentionMs)));
  const factor = dependenceFactor({ units, hosts, curve: whole.fit, hitsPerS: highestHitsPerS });
  const formError = formErrorPerLog + (1 - whole.fit.arrivalCv2) * formErrorOfRegular;
  const relativeSe = Math.hypot(factor * sampled, whole.modelSd, formError * distance);
  const degreesOfFreedom = units - 1;
  const reach = studentT95(degreesOfFreedom) * relativeSe;
  return {
    lambda100,
    lo: lambda100 * Math.exp(-reach),
    hi: lambda100 * Math.exp(reach),
    relativeSe,
    degreesOfFreedom,
    model,
    bottleneck: notCpu >= notCpuMin ? 'not_cpu' : 'cpu',
    notCpuProbability: notCpu,
    extrapolated: highestContentionMs < extrapolatedBelowMs,
    fit: whole.fit,
    cpuSaturationHitsPerS: whole.cpuSaturation,
    cpuSaturationRelativeSe: saturation,
    backgroundRatio: whole.background,
    highestContentionMs,
    highestHitsPerS,
    units,
    dwells: all.length,
    hits: all.reduce((sum, { hits }) => sum + hits, 0),
    hostSeconds: all.reduce((sum, { hostSeconds }) => sum + hostSeconds, 0),
  };
}

/** Half of the 95 % interval as a share of the estimate. */
export const relativeHalfWidth = ({ lambda100, lo, hi }: Pick<CapacityEstimate, 'lambda100' | 'lo' | 'hi'>): number =>
  (hi - lo) / 2 / lambda100;

function solveByCpu(points: readonly LoadPoint[], host: Host, models: readonly EffectiveServers[]): Solved | undefined {
  const adjusted = withoutServiceNoise(points, host.servers);
  if (adjusted === undefined || models.length === 0) return undefined;
  const solved = models.map((model) => {
    const fit = fitWith({ ...adjusted, ...host }, model.servers);
    return fit && { ...model, fit, log: Math.log(loadAtContention(fit, capacityContentionMs)) };
  });
  const known = solved.filter((one) => one !== undefined);
  if (known.length < solved.length) return undefined;
  const mean = known.reduce((sum, { probability, log }) => sum + probability * log, 0);
  const variance = known.reduce((sum, { probability, log }) => sum + probability * (log - mean) ** 2, 0);
  return {
    cpuSaturation: adjusted.cpuSaturationHitsPerS,
    background: adjusted.backgroundRatio,
    fit: known[0]!.fit,
    lambda100: Math.exp(mean),
    modelSd: Math.sqrt(variance),
  };
}

interface VerdictGiven {
  readonly all: readonly LoadPoint[];
  readonly parts: readonly (readonly LoadPoint[])[];
  readonly host: Host;
  readonly byCpu: Solved;
  readonly cpuParts: readonly (Solved | undefined)[];
}

/** The latency-only solution where it contradicts the CPU's; undefined where the two agree within their noise. */
function latencyVerdict({ all, parts, host, byCpu, cpuParts }: VerdictGiven): Chosen | undefined {
  const byLatency = (points: readonly LoadPoint[], like: Solved | undefined): Solved | undefined => {
    const fit = like && fitContentionByLatency({ points, ...host });
    return fit && { ...like, fit, lambda100: loadAtContention(fit, capacityContentionMs), modelSd: 0 };
  };
  const whole = byLatency(all, byCpu);
  if (whole === undefined) return undefined;
  const gap = Math.log(byCpu.lambda100 / whole.lambda100);
  if (gap < disagreementMin) return undefined;
  const latencyParts = parts.map((points, unit) => byLatency(points, cpuParts[unit]));
  const gapSe = jackknifeSe(
    latencyParts.map((part, unit) => part && Math.log(cpuParts[unit]!.lambda100 / part.lambda100)),
  );
  if (gapSe === undefined || gap < studentT(disagreementZ, parts.length - 1) * gapSe) return undefined;
  return { whole, parts: latencyParts, model: 'latency', notCpu: 1 };
}

/**
 * Bias of ln lambda100 by the jackknife (Quenouille 1956): how much more it is wrong with one unit less, times their
 * number. It has a cause: loads are measured, and a queue answers less to what a dwell's hits happened to be than to a
 * load that stays, so kappa comes out too low, the more so the less was measured.
 */
function biasOf({ whole, parts }: Chosen): number {
  const mean = parts.reduce((sum, part) => sum + Math.log(part!.lambda100), 0) / parts.length;
  return (parts.length - 1) * (mean - Math.log(whole.lambda100));
}
