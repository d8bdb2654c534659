import { studentT95 } from '../stats/student-t.ts';
import { normalEquations, solveSymmetric } from './weighted-normal-equations.ts';

/** What a system did while so many hits were in it. */
export interface ScalabilityPoint {
  /** N: hits in the system at the same time; by Little's law throughput × mean duration. */
  readonly concurrency: number;
  readonly throughputHitsPerS: number;
  /** Relative precision, such as the seconds behind the point. Default 1. */
  readonly weight?: number;
}

/** A coefficient with its 95 % interval; the interval does not go below 0. */
export interface Coefficient {
  readonly value: number;
  readonly standardError: number;
  readonly lo: number;
  readonly hi: number;
}

/** Where more concurrency begins to give less throughput. */
export interface ScalabilityPeak {
  readonly concurrency: Omit<Coefficient, 'standardError'>;
  readonly throughputHitsPerS: Omit<Coefficient, 'standardError'>;
}

/**
 * `none`: a coherency term is not shown beyond doubt. `beyond`: it is, but the peak lies above all that was measured.
 * `seen`: measured concurrency went past the peak.
 */
export type Retrograde = 'none' | 'beyond' | 'seen';

export interface ScalabilityFit {
  /** λ: hits/s at a concurrency of 1. */
  readonly lambda: Coefficient;
  /** σ: share of the work that is done one after the other (queues, locks). */
  readonly sigma: Coefficient;
  /** κ: what each pair of hits costs (coherency, crosstalk). */
  readonly kappa: Coefficient;
  /** Residual standard deviation of throughput at weight 1, hits/s. */
  readonly residualSd: number;
  readonly degreesOfFreedom: number;
  readonly points: number;
  readonly highestConcurrency: number;
  /** λ/σ: the throughput that no concurrency exceeds where κ = 0; undefined where σ = 0 too. */
  readonly limitHitsPerS: number | undefined;
  /** undefined where κ = 0: throughput then rises for ever. */
  readonly peak: ScalabilityPeak | undefined;
  readonly retrograde: Retrograde;
}

/** Three coefficients, and three degrees of freedom for Student's t to mean something. */
const pointsMin = 6;
const roundsMax = 200;
const convergedAt = 1e-13;
const dampingStart = 1e-6;
/** Steps that are damped so much and still do not help end at a least point. */
const dampingMax = 1e9;

/** λ, σ and κ as the curve of durations has them: duration in s = a + b (N − 1) + c N (N − 1) = (1 + …) / λ. */
type Abc = readonly [a: number, b: number, c: number];
type Free = readonly (0 | 1 | 2)[];

/** Faces of the region σ ≥ 0, κ ≥ 0, corner first: the least squares lie in the corner, on an edge or inside. */
const faces: readonly Free[] = [[0], [0, 1], [0, 2], [0, 1, 2]];

/** Throughput of the Universal Scalability Law (Gunther 1993; 2007): λN / (1 + σ(N − 1) + κN(N − 1)). */
export const throughputAt = (
  { lambda, sigma, kappa }: { readonly lambda: number; readonly sigma: number; readonly kappa: number },
  concurrency: number,
): number => (lambda * concurrency) / (1 + sigma * (concurrency - 1) + kappa * concurrency * (concurrency - 1));

/**
 * The Universal Scalability Law by weighted nonlinear least squares of throughput, σ and κ kept at 0 or above. Standard
 * errors come from the Jacobian of all three coefficients, also where one lies at 0: the data could have moved it. undefined
 * for fewer than 6 points with throughput, or where these do not tell the coefficients apart.
 */
export function fitUniversalScalability(given: readonly ScalabilityPoint[]): ScalabilityFit | undefined {
  const points = given.filter(
    ({ concurrency, throughputHitsPerS, weight = 1 }) => concurrency > 0 && throughputHitsPerS > 0 && weight > 0,
  );
  if (points.length < pointsMin) return undefined;
  let best: Abc | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const free of faces) {
    // From the straight line, wherever that leads, and from what is best so far, inside the region: there may be two valleys.
    const starts = [
      { start: startOf(points, free), free, inside: false },
      { start: best, free, inside: true },
    ];
    for (const abc of starts.flatMap((start) => fitted(points, start))) {
      const squares = isAllowed(abc) ? squaresOf(points, abc) : Number.POSITIVE_INFINITY;
      if (squares < least) [best, least] = [abc, squares];
    }
  }
  return best && summaryOf(points, best, least);
}

const bases = (concurrency: number): Abc => [1, concurrency - 1, concurrency * (concurrency - 1)];
const durationS = ([a, b, c]: Abc, concurrency: number): number => {
  const [, second, third] = bases(concurrency);
  return a + b * second + c * third;
};

function squaresOf(points: readonly ScalabilityPoint[], abc: Abc): number {
  let squares = 0;
  for (const { concurrency, throughputHitsPerS, weight = 1 } of points) {
    const seconds = durationS(abc, concurrency);
    if (seconds <= 0) return Number.POSITIVE_INFINITY;
    squares += weight * (throughputHitsPerS - concurrency / seconds) ** 2;
  }
  return squares;
}

const isAllowed = ([a, b, c]: Abc): boolean => a > 0 && b >= 0 && c >= 0;

interface Fitting {
  readonly start: Abc | undefined;
  readonly free: Free;
  /** No step leaves the region. */
  readonly inside: boolean;
}

/** Newton's steps, else those of Levenberg and Marquardt; a list of at most one. */
function fitted(points: readonly ScalabilityPoint[], { start, free, inside }: Fitting): Abc[] {
  if (start === undefined) return [];
  let abc: Abc = start;
  let squares = squaresOf(points, abc);
  let damping = 0;
  for (let round = 0; round < roundsMax && damping < dampingMax; round++) {
    const candidates = stepsOf(points, abc, { free, damping }).map((step) => moved(abc, step));
    const next = nearest(points, inside ? candidates.filter(isAllowed) : candidates);
    if (next === undefined || !(next.squares < squares)) {
      damping = Math.max(dampingStart, 10 * damping);
      continue;
    }
    const gain = squares - next.squares;
    ({ abc, squares } = next);
    if (gain <= convergedAt * squares && damping <= dampingStart) break;
    damping = damping <= dampingStart ? 0 : damping / 10;
  }
  return Number.isFinite(squares) ? [abc] : [];
}

function nearest(points: readonly ScalabilityPoint[], candidates: readonly Abc[]) {
  const tried = candidates.map((abc) => ({ abc, squares: squaresOf(points, abc) }));
  return tried.sort((one, other) => one.squares - other.squares)[0];
}

const moved = ([a, b, c]: Abc, [da, db, dc]: Abc): Abc => [a + da, b + db, c + dc];

/** Durations are linear in a, b, c; a relative error of throughput is one of duration, hence these weights. */
function startOf(points: readonly ScalabilityPoint[], free: Free): Abc | undefined {
  const rows = points.map(({ concurrency, throughputHitsPerS, weight = 1 }) => ({
    x: free.map((at) => bases(concurrency)[at]),
    y: concurrency / throughputHitsPerS,
    weight: weight * (throughputHitsPerS ** 2 / concurrency) ** 2,
  }));
  const start = widened(solveSymmetric(normalEquations(rows))?.solution, free);
  if (start === undefined || Number.isFinite(squaresOf(points, start))) return start;
  // A curve that the noise bends below zero is no start: without its bends it is one.
  const meanS = rows.reduce((sum, { y }) => sum + y, 0) / rows.length;
  return [meanS, 0, 0];
}

interface Step {
  readonly free: Free;
  readonly damping: number;
}

/** With the curvature of the curve itself, and without where that leads nowhere: it need not bend upwards far away. */
function stepsOf(points: readonly ScalabilityPoint[], abc: Abc, { free, damping }: Step): Abc[] {
  const rows = points.map(({ concurrency, throughputHitsPerS, weight = 1 }) => {
    const seconds = durationS(abc, concurrency);
    const slope = -concurrency / seconds ** 2;
    const residual = throughputHitsPerS - concurrency / seconds;
    return { x: free.map((at) => bases(concurrency)[at]), slope, residual, seconds, weight };
  });
  const newton = rows.map(({ x, slope, residual, seconds, weight }) => {
    const curvature = slope ** 2 + (2 * residual * slope) / seconds;
    return { x, y: (residual * slope) / curvature, weight: weight * curvature };
  });
  const gauss = rows.map(({ x, slope, residual, weight }) => ({ x, y: residual / slope, weight: weight * slope ** 2 }));
  return [newton, gauss].flatMap((each) => {
    const step = widened(solveSymmetric(normalEquations(each), damping)?.solution, free);
    return step === undefined ? [] : [step];
  });
}

function widened(solution: readonly number[] | undefined, free: Free): Abc | undefined {
  if (solution === undefined) return undefined;
  const abc: [number, number, number] = [0, 0, 0];
  for (const [i, at] of free.entries()) abc[at] = solution[i]!;
  return abc;
}

function summaryOf(points: readonly ScalabilityPoint[], [a, b, c]: Abc, squares: number): ScalabilityFit | undefined {
  const model = { lambda: 1 / a, sigma: b / a, kappa: c / a };
  const { lambda, sigma, kappa } = model;
  const rows = points.map(({ concurrency, weight = 1 }) => {
    const throughput = throughputAt(model, concurrency);
    const [, second, third] = bases(concurrency);
    const perUnit = -throughput / (1 + sigma * second + kappa * third);
    return { x: [throughput / lambda, perUnit * second, perUnit * third], y: 0, weight };
  });
  const inverse = solveSymmetric(normalEquations(rows))?.inverse;
  if (inverse === undefined) return undefined;
  const degreesOfFreedom = points.length - 3;
  const variance = squares / degreesOfFreedom;
  const t = studentT95(degreesOfFreedom);
  const seOf = (gradient: readonly number[]): number => {
    const quadratic = gradient.flatMap((gi, i) => gradient.map((gj, j) => gi * inverse[i]![j]! * gj));
    return Math.sqrt(Math.max(0, variance * quadratic.reduce((sum, term) => sum + term, 0)));
  };
  const coefficient = (value: number, gradient: readonly number[]): Coefficient => {
    const standardError = seOf(gradient);
    return { value, standardError, lo: Math.max(0, value - t * standardError), hi: value + t * standardError };
  };
  const kappaOf = coefficient(kappa, [0, 0, 1]);
  const highestConcurrency = Math.max(...points.map(({ concurrency }) => concurrency));
  const peak = peakOf(model, (gradient) => t * seOf(gradient));
  const past = peak !== undefined && highestConcurrency > peak.concurrency.value ? 'seen' : 'beyond';
  return {
    lambda: coefficient(lambda, [1, 0, 0]),
    sigma: coefficient(sigma, [0, 1, 0]),
    kappa: kappaOf,
    residualSd: Math.sqrt(variance),
    degreesOfFreedom,
    points: points.length,
    highestConcurrency,
    limitHitsPerS: sigma > 0 ? lambda / sigma : undefined,
    peak,
    retrograde: kappaOf.lo > 0 ? past : 'none',
  };
}

type Model = Parameters<typeof throughputAt>[0];

/** N* = √((1 − σ) / κ); intervals by the delta method on logarithms. At the peak the throughput does not depend on N*. */
function peakOf(model: Model, reachOf: (gradient: readonly number[]) => number): ScalabilityPeak | undefined {
  const { lambda, sigma, kappa } = model;
  if (kappa <= 0 || sigma >= 1) return undefined;
  const concurrency = Math.sqrt((1 - sigma) / kappa);
  const around = (value: number, gradient: readonly number[]) => {
    const factor = Math.exp(reachOf(gradient));
    return { value, lo: value / factor, hi: value * factor };
  };
  const [, second, third] = bases(concurrency);
  const slowness = 1 + sigma * second + kappa * third;
  return {
    concurrency: around(concurrency, [0, -1 / (2 * (1 - sigma)), -1 / (2 * kappa)]),
    throughputHitsPerS: around(throughputAt(model, concurrency), [1 / lambda, -second / slowness, -third / slowness]),
  };
}
