import { type ContentionCurve, contentionShapeMs, relaxationFactor, relaxationS } from './contention-curve.ts';
import type { LoadPoint } from './dwell.ts';

/** duration = baseline + contention, fitted to dwells. */
export interface ContentionFit extends ContentionCurve {
  /** D0: mean duration of a hit that waits for nothing. */
  readonly baselineMs: number;
  /** −2 ln likelihood but for a constant: Σ (residual² / variance + ln variance). */
  readonly deviance: number;
  /** Standard error of kappa from the weights alone. */
  readonly kappaSe: number;
}

/** Utilization above which the curve is cut: beyond it one more hit changes contention more than can be measured. */
const utilizationMax = 0.995;
const reweightings = 6;
/** What the shape of service times is taken for, however far noise drives kappa. */
const cv2Min = 0.2;
const cv2Max = 8;
/** The least factor on the variance of waits. */
const varianceFactorMin = 0.4;

export interface FitGiven {
  readonly points: readonly LoadPoint[];
  readonly saturationHitsPerS: number;
  readonly servers: number;
  /** cv² of the gaps between arrivals, see `arrival-variability.ts`. */
  readonly arrivalCv2: number;
  /** cv² of service times in the noise of durations; by default what kappa says. */
  readonly noiseCv2?: number | undefined;
}

/**
 * Baseline and kappa by weighted least squares; they are linear once C is given. Weights follow from the curve itself
 * (the more contention, the noisier and the slower a queue), so the fit is repeated. undefined for fewer than two loads.
 */
export function fitContention({
  points,
  saturationHitsPerS,
  servers,
  arrivalCv2,
  noiseCv2,
}: FitGiven): ContentionFit | undefined {
  let kappa = (1 + arrivalCv2) / 2;
  let fit: ContentionFit | undefined;
  for (let i = 0; i < reweightings; i++) {
    const serviceCv2 = Math.min(cv2Max, Math.max(cv2Min, 2 * kappa - arrivalCv2));
    const shape = { saturationHitsPerS, servers, serviceCv2, arrivalCv2 };
    const shapes = points.map(({ hitsPerS }) =>
      contentionShapeMs(shape, Math.min(hitsPerS, utilizationMax * saturationHitsPerS)),
    );
    const noise = { saturationHitsPerS, kappa, servers, noiseCv2: noiseCv2 ?? Math.max(0.5, serviceCv2) };
    const weights = points.map(
      (point, at) => 1 / durationVariance({ ...noise, point, contentionMs: kappa * shapes[at]! }),
    );
    const line = weightedLine(points, shapes, weights);
    if (line === undefined) return undefined;
    fit = { ...shape, ...line };
    kappa = Math.max(arrivalCv2 / 2, line.kappa);
  }
  return fit;
}

interface VarianceGiven {
  readonly point: LoadPoint;
  readonly contentionMs: number;
  readonly saturationHitsPerS: number;
  readonly kappa: number;
  readonly servers: number;
  readonly noiseCv2: number;
}

/** Variance of the mean duration of a dwell in ms²: of the service times of its hits, and of a slowly moving queue. */
function durationVariance(given: VarianceGiven): number {
  const { point, contentionMs, saturationHitsPerS, kappa, servers, noiseCv2 } = given;
  const serviceMs = (1_000 * servers) / saturationHitsPerS;
  const serviceVariance = serviceMs ** 2 * noiseCv2;
  const queueVariance =
    (relaxationFactor *
      Math.max(varianceFactorMin, kappa) *
      relaxationS(point.hitsPerS, saturationHitsPerS) *
      contentionMs ** 2) /
    point.hostSeconds;
  return (serviceVariance + contentionMs ** 2) / point.hits + queueVariance;
}

/** kappa as one point of a fit has it, and its standard error; undefined where next to nothing waits at its load. */
export function kappaOfPoint(
  fit: ContentionFit,
  point: LoadPoint,
): { readonly kappa: number; readonly se: number } | undefined {
  const { saturationHitsPerS, servers, serviceCv2 } = fit;
  const shapeMs = contentionShapeMs(fit, Math.min(point.hitsPerS, utilizationMax * saturationHitsPerS));
  if (shapeMs === 0) return undefined;
  const kappa = (point.durationMs - fit.baselineMs) / shapeMs;
  const noise = { saturationHitsPerS, servers, kappa: fit.kappa, noiseCv2: Math.max(0.5, serviceCv2) };
  const variance = durationVariance({ ...noise, point, contentionMs: Math.max(0, fit.kappa) * shapeMs });
  return { kappa, se: Math.sqrt(variance) / shapeMs };
}

function weightedLine(points: readonly LoadPoint[], shapes: readonly number[], weights: readonly number[]) {
  let total = 0;
  let x = 0;
  let y = 0;
  for (const [i, { durationMs }] of points.entries()) {
    total += weights[i]!;
    x += weights[i]! * shapes[i]!;
    y += weights[i]! * durationMs;
  }
  x /= total;
  y /= total;
  let xx = 0;
  let xy = 0;
  for (const [i, { durationMs }] of points.entries()) {
    xx += weights[i]! * (shapes[i]! - x) ** 2;
    xy += weights[i]! * (shapes[i]! - x) * (durationMs - y);
  }
  if (!(xx > 0)) return undefined;
  const kappa = xy / xx;
  const baselineMs = y - kappa * x;
  let deviance = 0;
  for (const [i, { durationMs }] of points.entries()) {
    deviance += weights[i]! * (durationMs - baselineMs - kappa * shapes[i]!) ** 2 - Math.log(weights[i]!);
  }
  return { kappa, baselineMs, deviance, kappaSe: 1 / Math.sqrt(xx) };
}

/** Saturation is searched between the highest load and so many times it. */
const saturationFactorMax = 4;
const gridSteps = 48;

/** The fit without the CPU: saturation too is what explains the latencies best. undefined where nothing does. */
export function fitContentionByLatency(given: Omit<FitGiven, 'saturationHitsPerS'>): ContentionFit | undefined {
  const highest = Math.max(...given.points.map(({ hitsPerS }) => hitsPerS));
  // Even steps of ln(C / highest − 1): fine where the curve is steep.
  const low = Math.log(0.004);
  const high = Math.log(saturationFactorMax - 1);
  const fitAt = (position: number): ContentionFit | undefined => {
    const saturationHitsPerS = highest * (1 + Math.exp(position));
    const fit = fitContention({ ...given, saturationHitsPerS });
    return fit !== undefined && fit.kappa > 0 ? fit : undefined;
  };
  const devianceAt = (position: number): number => fitAt(position)?.deviance ?? Number.POSITIVE_INFINITY;
  const step = (high - low) / gridSteps;
  let best = low;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= gridSteps; i++) {
    const deviance = devianceAt(low + i * step);
    if (deviance < least) [best, least] = [low + i * step, deviance];
  }
  return Number.isFinite(least) ? fitAt(goldenSection(devianceAt, best - step, best + step)) : undefined;
}

/** The least point of a function with one valley between two points. */
function goldenSection(valueAt: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  for (let i = 0; i < 20; i++) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (valueAt(left) < valueAt(right)) high = right;
    else low = left;
  }
  return (low + high) / 2;
}
