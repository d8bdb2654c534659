import { studentT95OrNaN } from '../stats/student-t.ts';
import type { CorrelationPlan } from './correlation-plan.ts';
import { CosineTransform, cosinesMax } from './cosine-transform.ts';
import { fitMemory, type MemoryFit, type MemorySeries, measureMemory, memorySeries } from './first-order-memory.ts';
import { fiveLaggedSums, paddedSteps, productSum } from './lagged-sums.ts';
import type { PointSlice } from './point-slice.ts';
import type { PairDependence } from './regression.ts';
import { TimeGrid } from './time-grid.ts';

/** By pair: see `PairDependence`. */
export type DependenceColumns = { readonly [figure in keyof PairDependence]: Float64Array };

/** Fewer points tell nothing of memory. */
const pointsMin = 5;
/** Lags tried for the strongest correlation, to either side, in points. */
export const lagPointsMax = 5;
/** Pairs of points that a lag needs to be compared. */
const laggedPairsMin = 10;
/** Another lag must be better by this part: rounding decides no tie. */
const lagMargin = 1e-9;
/** Residuals below this part of the variance are rounding: their autocorrelation says nothing. */
const residualRatioMin = 1e-20;
/** Below this their sums are taken from themselves, not as differences of sums that have the digits of the variance. */
const differenceRatioMin = 1e-6;
/** The long-run variance is an estimate with a spread of a third: it counts where it is greater by more than this. */
const longRunMargin = 1.1;

/** A metric in the grid, its mean taken off. */
interface Series extends MemorySeries {
  /** Of its squares. */
  readonly cosines: Float64Array;
  /** Of itself around its mean. */
  readonly fit: MemoryFit;
}

interface PairedSeries {
  readonly x: Series;
  readonly y: Series;
  /** 1 where both have a value. */
  readonly mask: MemorySeries;
  /** Σ x · y. */
  readonly product: number;
}

const series = (values: Float64Array, at = 0): Series => ({
  ...memorySeries(values, at),
  cosines: new Float64Array(cosinesMax),
  fit: noFit(),
});

const noFit = (): MemoryFit => ({ phi: 0, freedom: 0, inflation: 0, steepness: 0 });

/**
 * How uncertain the figures of a pair are, given that successive points depend on each other, and the lag.
 *
 * The variance of the slope is the greater of two. One is that of least squares under errors of first order, AR(1), with
 * their memory told from the residuals without bias (`fitMemory`) and x as it was: σ² x'Rx / (x'x)², σ² = û'û / E[û'û].
 * The other supposes nothing of the errors, so that those of other memory or with a spread that follows x are covered
 * too, but needs more points: the long-run variance of x û (`CosineTransform`). Student's quantile has as many degrees of
 * freedom as the first has by Satterthwaite: 2 over the variance of its logarithm, that of φ being (1 − φ²)/(n − 2).
 *
 * That of atanh r is likewise the greater of the linearized long-run variance and of what Bartlett's formula (1935) gives
 * for y = slope · x + error with AR(1) of both, (1 − r²) x'Rx/x'x + ½ r² (Σ φx²ʲ + Σ φ²ʲ) over E[û'û]. Its middle is r
 * without the part of the variances that a window shorter than the memory does not show.
 *
 * The lag is that of the largest |cross-correlation| with |lag| ≤ 5 points, each lag with at least 10 pairs of points and
 * scaled by n/n_j; of equal ones the shortest, x leading before y leading. Undefined for under 15 points.
 *
 * Memory is used again with every call: one of these serves all entities of a graph.
 */
export class SerialDependence {
  readonly #plan: CorrelationPlan;
  readonly #grid: TimeGrid;
  readonly #transforms: readonly CosineTransform[];
  #transform: CosineTransform;
  readonly #wanted: Uint8Array;
  /** Of each metric that has a value at each point; then those of a pair that lacks some. */
  readonly #metrics: readonly Series[];
  readonly #mask: MemorySeries;
  readonly #ownX: Series;
  readonly #ownY: Series;
  readonly #ownMask: MemorySeries;
  readonly #residual: Float64Array;
  readonly #cosines = new Float64Array(cosinesMax);
  readonly #xLeads = new Float64Array(lagPointsMax);
  readonly #yLeads = new Float64Array(lagPointsMax);
  readonly #fit = noFit();

  constructor(plan: CorrelationPlan) {
    this.#plan = plan;
    this.#grid = new TimeGrid(plan.metrics.length, Math.max(...plan.windowsMs));
    const { stride, columns, presence } = this.#grid;
    this.#transforms = plan.windowsMs.map(() => new CosineTransform());
    this.#transform = this.#transforms[0]!;
    this.#wanted = new Uint8Array(plan.metrics.length);
    this.#metrics = plan.metrics.map((_, metric) => series(columns, metric * stride));
    this.#mask = memorySeries(presence);
    this.#ownX = series(new Float64Array(stride));
    this.#ownY = series(new Float64Array(stride));
    this.#ownMask = memorySeries(new Float64Array(stride));
    this.#residual = new Float64Array(stride);
  }

  /** Over the points of window number `window` that ends with `toMs`, for pairs from ≤ pair < to, into their places. */
  measure(
    slices: readonly PointSlice[],
    window: { readonly number: number; readonly toMs: number },
    pairs: { readonly from: number; readonly to: number },
    out: DependenceColumns,
  ): void {
    const { xs, ys, windowsMs } = this.#plan;
    this.#wanted.fill(0);
    for (let pair = pairs.from; pair < pairs.to; pair++) this.#wanted[xs[pair]!] = this.#wanted[ys[pair]!] = 1;
    const grid = this.#grid;
    this.#transform = this.#transforms[window.number]!;
    grid.fill(slices, { fromMs: window.toMs - windowsMs[window.number]!, toMs: window.toMs }, this.#wanted);
    this.#measureMetrics();
    for (let pair = pairs.from; pair < pairs.to; pair++) {
      const together = grid.counts[xs[pair]!] !== 0 && grid.counts[ys[pair]!] !== 0;
      const paired = together ? this.#pairedSeries(xs[pair]!, ys[pair]!) : undefined;
      setUntold(out, pair);
      if (paired !== undefined && paired.x.square > 0) this.#measurePair(paired, pair, out);
    }
  }

  #measureMetrics(): void {
    const { present, counts, squares } = this.#grid;
    this.#mask.square = present;
    this.#measureMask(this.#mask);
    for (let metric = 0; metric < counts.length; metric++) {
      if (this.#wanted[metric] === 0 || counts[metric] !== present) continue;
      this.#metrics[metric]!.square = squares[metric]!;
      this.#measureSeries(this.#metrics[metric]!, this.#mask);
    }
  }

  #measureMask(mask: MemorySeries): void {
    const { length } = this.#grid;
    measureMemory(mask, length, mask.square / length);
  }

  #measureSeries(of: Series, mask: MemorySeries): void {
    const { length } = this.#grid;
    measureMemory(of, length, mask.square / length);
    fitMemory(of.next / of.square, { mask, x: undefined }, of.fit);
    this.#transform.prepare(length, mask.square);
    this.#transform.project(of.values, of.at, of.values, of.at, length, of.cosines);
  }

  #pairedSeries(metricX: number, metricY: number): PairedSeries {
    const { present, counts, columns, length } = this.#grid;
    if (counts[metricX] !== present || counts[metricY] !== present) return this.#ownSeries(metricX, metricY);
    this.#transform.prepare(length, present);
    const x = this.#metrics[metricX]!;
    const y = this.#metrics[metricY]!;
    return { x, y, mask: this.#mask, product: productSum(columns, x.at, columns, y.at, length) };
  }

  /** Of two metrics that do not always come together: only the points with both, with their own means. */
  #ownSeries(metricX: number, metricY: number): PairedSeries {
    const { columns, masks, stride, length } = this.#grid;
    const [x, y, mask] = [this.#ownX, this.#ownY, this.#ownMask];
    mask.square = productSum(masks, metricX * stride, masks, metricY * stride, length);
    for (let i = 0; i < length; i++) mask.values[i] = masks[metricX * stride + i]! * masks[metricY * stride + i]!;
    this.#measureMask(mask);
    for (const [metric, own] of [
      [metricX, x],
      [metricY, y],
    ] as const) {
      const mean = productSum(columns, metric * stride, mask.values, 0, length) / mask.square;
      for (let i = 0; i < length; i++) own.values[i] = (columns[metric * stride + i]! - mean) * mask.values[i]!;
      own.values.fill(0, length, length + paddedSteps);
      own.square = mask.square === 0 ? 0 : productSum(own.values, 0, own.values, 0, length);
      this.#measureSeries(own, mask);
    }
    return { x, y, mask, product: productSum(x.values, 0, y.values, 0, length) };
  }

  #measurePair(paired: PairedSeries, pair: number, out: DependenceColumns): void {
    const { x, y, mask } = paired;
    const { length, intervalMs } = this.#grid;
    const n = mask.square;
    fiveLaggedSums(x, y, length, this.#xLeads);
    fiveLaggedSums(y, x, length, this.#yLeads);
    if (y.square > 0) out.lagS[pair] = this.#strongestLag(paired) * (intervalMs / 1_000);
    if (n < pointsMin) return;
    const slope = paired.product / x.square;
    const { square, next } = this.#residualSums(paired, slope);
    const fit = this.#fit;
    const known = square > residualRatioMin * y.square;
    fitMemory(known ? next / square : 0, { mask, x }, fit);
    const longRun = square > differenceRatioMin * y.square ? this.#longRunVariances(paired, slope) : undefined;
    const quantile = studentT95OrNaN(studentFreedom(fit, n));
    const ofSlope = Math.max(fit.inflation / fit.freedom, (longRun?.slope ?? 0) / longRunMargin);
    out.quantile[pair] = quantile;
    out.wideningSlope[pair] = quantile * Math.sqrt(ofSlope * (n - 2));
    if (!(y.square > 0)) return;
    const r2 = 1 - square / y.square;
    const squares = squaredMemory(x.fit.phi, n) + squaredMemory(fit.phi, n);
    const ofR = ((1 - r2) * fit.inflation + 0.5 * r2 * squares) / fit.freedom;
    out.inflationR[pair] = n * Math.max(ofR, (longRun?.r ?? 0) / longRunMargin);
    out.shownRatio[pair] = known ? fit.freedom / x.fit.freedom : 1;
  }

  /** Σ û² and Σ û[i] û[i + 1]. */
  #residualSums({ x, y, product }: PairedSeries, slope: number): { square: number; next: number } {
    const square = y.square - slope * product;
    if (square > differenceRatioMin * y.square) {
      const crossed = this.#xLeads[0]! + this.#yLeads[0]!;
      return { square, next: y.next - slope * crossed + slope * slope * x.next };
    }
    const { length } = this.#grid;
    const residual = this.#residual;
    for (let i = 0; i < length; i++) residual[i] = y.values[y.at + i]! - slope * x.values[x.at + i]!;
    return {
      square: productSum(residual, 0, residual, 0, length),
      next: productSum(residual, 0, residual, 1, length - 1),
    };
  }

  /** Of the slope, in variances û'û / x'x, and of atanh r by its derivatives. */
  #longRunVariances({ x, y, mask, product }: PairedSeries, slope: number): { slope: number; r: number } {
    const { count } = this.#transform;
    const n = mask.square;
    const products = this.#cosines;
    this.#transform.project(x.values, x.at, y.values, y.at, this.#grid.length, products);
    const scale = Math.sqrt(x.square) * Math.sqrt(y.square);
    const r = product / scale;
    let ofSlope = 0;
    let ofR = 0;
    for (let cosine = 0; cosine < count; cosine++) {
      const both = products[cosine]!;
      const inSlope = both - slope * x.cosines[cosine]!;
      const inR = both / scale - (r / 2) * (x.cosines[cosine]! / x.square + y.cosines[cosine]! / y.square);
      ofSlope += inSlope * inSlope;
      ofR += inR * inR;
    }
    const residualRatio = 1 - r * r;
    const unit = ((2 / count) * n) / (n - 2);
    return {
      slope: (unit * ofSlope) / (x.square * y.square * residualRatio),
      r: (unit * ofR) / (residualRatio * residualRatio),
    };
  }

  /** In steps; NaN = undefined. */
  #strongestLag({ product, mask }: PairedSeries): number {
    const n = mask.square;
    if (n < laggedPairsMin + lagPointsMax) return Number.NaN;
    const { length } = this.#grid;
    let strongest = Math.abs(product);
    let strongestAt = 0;
    for (let step = 1; step <= lagPointsMax; step++) {
      const { values, at } = mask;
      const pairs = n === length ? n - step : productSum(values, at, values, at + step, length - step);
      if (pairs < laggedPairsMin) continue;
      const xLeads = Math.abs(this.#xLeads[step - 1]!) * (n / pairs);
      if (xLeads > strongest * (1 + lagMargin)) {
        strongest = xLeads;
        strongestAt = step;
      }
      const yLeads = Math.abs(this.#yLeads[step - 1]!) * (n / pairs);
      if (yLeads > strongest * (1 + lagMargin)) {
        strongest = yLeads;
        strongestAt = -step;
      }
    }
    return strongestAt;
  }
}

/** Satterthwaite's, of the variance of the slope. */
function studentFreedom({ phi, steepness }: MemoryFit, n: number): number {
  const spread = 1 - phi * phi;
  const slope = (2 * phi) / spread + steepness;
  return (2 * (n - 2)) / (2 + slope * slope * spread);
}

/** Σ_j φ^2|j| (1 − |j|/n), |j| < n: the variance of a variance of n points over that of independent ones. */
function squaredMemory(phi: number, n: number): number {
  const square = phi * phi;
  const left = 1 - square;
  return (1 + square) / left - (2 * square * (1 - square ** n)) / (n * left * left);
}

function setUntold(out: DependenceColumns, pair: number): void {
  out.inflationR[pair] = Number.NaN;
  out.shownRatio[pair] = Number.NaN;
  out.quantile[pair] = Number.NaN;
  out.wideningSlope[pair] = Number.NaN;
  out.lagS[pair] = Number.NaN;
}
