import { capacityContentionMs, contentionMsAt, loadAtContention } from './contention-curve.ts';
import { type CpuSaturation, fitCpuSaturation } from './cpu-saturation.ts';
import { type Dwell, type LoadPoint, pointOf } from './dwell.ts';
import { type ContentionFit, fitContention, fitContentionByLatency } from './fit-contention.ts';
import { studentT, studentT95 } from './student-t.ts';

/** `cpu`: saturation from the slope of busy CPU time. `latency`: saturation from latencies alone. */
export type CapacityModel = 'cpu' | 'latency';

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
/** The latency-only capacity is lower by at least this, beyond doubt, before the CPU is said not to be the bottleneck. */
const disagreementMin = 0.05;
const disagreementZ = 2.5;

interface Solved {
  readonly cpuSaturation: number;
  readonly background: number;
  readonly fit: ContentionFit;
  readonly lambda100: number;
}

/**
 * Estimates capacity from dwells at different loads. The interval is a delete-one jackknife over units, which assumes
 * nothing about how seconds hang together. undefined while dwells or units are too few, or show no contention at all.
 */
export function estimateCapacity({ dwells, servers }: CapacityGiven): CapacityEstimate | undefined {
  const units = dwells[0]?.units.length ?? 0;
  if (units < unitsMin || dwells.length < dwellsMin) return undefined;
  const all = pointsOf(dwells);
  const parts = Array.from({ length: units }, (_, unit) => pointsOf(dwells, unit));
  const byCpu = solveByCpu(all, servers);
  if (byCpu === undefined) return undefined;
  const cpuParts = parts.map((points) => solveByCpu(points, servers));
  const latencyOnly = latencyVerdict({ all, parts, servers, byCpu, cpuParts });
  const chosen = latencyOnly ?? { whole: byCpu, parts: cpuParts, model: 'cpu' as const };
  const sampled = jackknifeSe(chosen.parts.map((part) => part && Math.log(part.lambda100)));
  const saturation = jackknifeSe(cpuParts.map((part) => part && Math.log(part.cpuSaturation)));
  if (sampled === undefined || saturation === undefined) return undefined;
  return summaryOf({ chosen, sampled, saturation, all, units });
}

interface Chosen {
  readonly whole: Solved;
  readonly parts: readonly (Solved | undefined)[];
  readonly model: CapacityModel;
}

interface SummaryGiven {
  readonly chosen: Chosen;
  readonly sampled: number;
  readonly saturation: number;
  readonly all: readonly LoadPoint[];
  readonly units: number;
}

function summaryOf({ chosen, sampled, saturation, all, units }: SummaryGiven): CapacityEstimate {
  const { whole, model } = chosen;
  const highestHitsPerS = Math.max(...all.map(({ hitsPerS }) => hitsPerS));
  const highestContentionMs = contentionMsAt(
    whole.fit,
    Math.min(highestHitsPerS, 0.999 * whole.fit.saturationHitsPerS),
  );
  const distance = Math.max(0, Math.log(capacityContentionMs / Math.max(1, highestContentionMs)));
  const relativeSe = Math.hypot(sampled, formErrorPerLog * distance);
  const degreesOfFreedom = units - 1;
  const reach = studentT95(degreesOfFreedom) * relativeSe;
  return {
    lambda100: whole.lambda100,
    lo: whole.lambda100 * Math.exp(-reach),
    hi: whole.lambda100 * Math.exp(reach),
    relativeSe,
    degreesOfFreedom,
    model,
    bottleneck: model === 'cpu' ? 'cpu' : 'not_cpu',
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

const pointsOf = (dwells: readonly Dwell[], leftOut?: number): LoadPoint[] =>
  dwells.flatMap((dwell) => pointOf(dwell, leftOut) ?? []);

function solveByCpu(points: readonly LoadPoint[], servers: number): Solved | undefined {
  const cpu = fitCpuSaturation(points);
  if (cpu === undefined) return undefined;
  const fit = fitContention({
    points: points.map((point) => withoutServiceNoise(point, cpu, servers)),
    servers,
    saturationHitsPerS: cpu.saturationHitsPerS,
  });
  return fit && solvedOf(fit, cpu.saturationHitsPerS, cpu.backgroundRatio);
}

/**
 * The point as it would be had its hits cost what hits cost on average: CPU time is the control variate. What a dwell's
 * hits happened to need more is taken from their duration, and its load is the one that makes CPUs so busy, because
 * work, not the number of hits, makes others wait.
 */
function withoutServiceNoise(point: LoadPoint, cpu: CpuSaturation, servers: number): LoadPoint {
  const surplus = point.busyRatio - cpu.backgroundRatio - cpu.busyPerHit * point.hitsPerS;
  return {
    ...point,
    hitsPerS: point.hitsPerS + surplus / cpu.busyPerHit,
    durationMs: point.durationMs - (1_000 * servers * surplus) / point.hitsPerS,
  };
}

function solvedOf(fit: ContentionFit, cpuSaturation: number, background: number): Solved | undefined {
  if (!(fit.kappa > 0)) return undefined;
  return { cpuSaturation, background, fit, lambda100: loadAtContention(fit, capacityContentionMs) };
}

interface VerdictGiven {
  readonly all: readonly LoadPoint[];
  readonly parts: readonly (readonly LoadPoint[])[];
  readonly servers: number;
  readonly byCpu: Solved;
  readonly cpuParts: readonly (Solved | undefined)[];
}

/** The latency-only solution where it contradicts the CPU's; undefined where the two agree within their noise. */
function latencyVerdict({ all, parts, servers, byCpu, cpuParts }: VerdictGiven): Chosen | undefined {
  const byLatency = (points: readonly LoadPoint[], like: Solved | undefined): Solved | undefined => {
    const fit = like && fitContentionByLatency({ points, servers });
    return fit && solvedOf(fit, like.cpuSaturation, like.background);
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
  return { whole, parts: latencyParts, model: 'latency' };
}

/** Standard error by the delete-one jackknife; undefined where a part has no value. */
function jackknifeSe(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length || known.length < 2) return undefined;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(((known.length - 1) / known.length) * squares);
}
