import type { CorrelationPlan } from './correlation-plan.ts';
import { CosineTransform, cosinesMax } from './cosine-transform.ts';
import { fitMemory, type MemoryFit, type MemorySeries, memoryNodes, quadraticForms } from './first-order-memory.ts';
import { laggedSums, productSum } from './lagged-sums.ts';
import type { PointSlice } from './point-slice.ts';
import { type PairDependence, studentT975 } from './regression.ts';
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
}

interface PairedSeries {
  readonly x: Series;
  readonly y: Series;
  /** 1 where both have a value. */
  readonly mask: Series;
  /** Σ x · y. */
  readonly product: number;
}

const emptySeries = (values: Float64Array): Series => ({
  values,
  at: 0,
  square: 0,
  next: 0,
  forms: new Float64Array(memoryNodes.length),
  cosines: new Float64Array(cosinesMax),
});

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
  readonly #mask: Series;
  readonly #ownX: Series;
  readonly #ownY: Series;
  readonly #ownMask: Series;
  readonly #residual: Float64Array;
  readonly #cosines = new Float64Array(cosinesMax);
  readonly #xLeads = new Float64Array(lagPointsMax);
  readonly #yLeads = new Float64Array(lagPointsMax);
  readonly #fit: MemoryFit = { phi: 0, freedom: 0, inflation: 0, steepness: 0 };
  readonly #fitX: MemoryFit = { phi: 0, freedom: 0, inflation: 0, steepness: 0 };

  constructor(plan: CorrelationPlan) {
    this.#plan = plan;
    this.#grid = new TimeGrid(plan.metrics.length, Math.max(...plan.windowsMs));
    const { stride, columns, presence } = this.#grid;
    this.#transforms = plan.windowsMs.map(() => new CosineTransform());
    this.#transform = this.#transforms[0]!;
    this.#wanted = new Uint8Array(plan.metrics.length);
    this.#metrics = plan.metrics.map((_, metric) => ({ ...emptySeries(columns), at: metric * stride }));
    this.#mask = emptySeries(presence);
    [this.#ownX, this.#ownY, this.#ownMask] = [0, 1, 2].map(() => emptySeries(new Float64Array(stride))) as [
      Series,
      Series,
      Series,
    ];
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
      const series = together ? this.#pairedSeries(xs[pair]!, ys[pair]!) : undefined;
      if (series === undefined || !(series.x.square > 0)) setUntold(out, pair);
      else this.#measurePair(series, pair, out);
    }
  }

  #measureMetrics(): void {
    const { present, counts, squares } = this.#grid;
    this.#mask.square = present;
    this.#measureMask(this.#mask);
    for (let metric = 0; metric < counts.length; metric++) {
      if (this.#wanted[metric] === 0 || counts[metric] !== present) continue;
      this.#metrics[metric]!.square = squares[metric]!;
      this.#measureSeries(this.#metrics[metric]!);
    }
  }

  #measureMask(mask: Series): void {
    const { length } = this.#grid;
    this.#transform.prepare(length, mask.square);
    mask.next = productSum(mask.values, mask.at, mask.values, mask.at + 1, length - 1);
    quadraticForms(mask.values, mask.at, length, mask.forms);
  }

  #measureSeries(series: Series): void {
    const { length } = this.#grid;
    const { values, at, forms, cosines } = series;
    series.next = productSum(values, at, values, at + 1, length - 1);
    quadraticForms(values, at, length, forms);
    this.#transform.project(values, at, values, at, length, cosines);
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
      own.square = mask.square === 0 ? 0 : productSum(own.values, 0, own.values, 0, length);
      this.#measureSeries(own);
    }
    return { x, y, mask, product: productSum(x.values, 0, y.values, 0, length) };
  }

  #measurePair(series: PairedSeries, pair: number, out: DependenceColumns): void {
    const { x, y, mask } = series;
    const { length, intervalMs } = this.#grid;
    const n = mask.square;
    setUntold(out, pair);
    laggedSums(x.values, x.at, y.values, y.at, { length, lag: 1, out: this.#xLeads, outAt: 0 });
    laggedSums(y.values, y.at, x.values, x.at, { length, lag: 1, out: this.#yLeads, outAt: 0 });
    if (y.square > 0) out.lagS[pair] = this.#strongestLag(series) * (intervalMs / 1_000);
    if (n < pointsMin) return;
    const slope = series.product / x.square;
    const { square, next } = this.#residualSums(series, slope);
    const [fit, fitX] = [this.#fit, this.#fitX];
    const known = square > residualRatioMin * y.square;
    const filled = n / length;
    fitMemory(known ? next / square : 0, { mask, filled, x }, fit);
    fitMemory(x.next / x.square, { mask, filled, x: undefined }, fitX);
    const longRun = square > differenceRatioMin * y.square ? this.#longRunVariances(series, slope) : undefined;
    const quantile = studentT975(studentFreedom(fit, n));
    const ofSlope = Math.max(fit.inflation / fit.freedom, (longRun?.slope ?? 0) / longRunMargin);
    out.quantile[pair] = quantile;
    out.wideningSlope[pair] = quantile * Math.sqrt(ofSlope * (n - 2));
    if (!(y.square > 0)) return;
    const r2 = 1 - square / y.square;
    const squares = squaredMemory(fitX.phi, n) + squaredMemory(fit.phi, n);
    const ofR = ((1 - r2) * fit.inflation + 0.5 * r2 * squares) / fit.freedom;
    out.inflationR[pair] = n * Math.max(ofR, (longRun?.r ?? 0) / longRunMargin);
    out.shownRatio[pair] = known ? fit.freedom / fitX.freedom : 1;
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

/** Σ φ^2|j| (1 − |j|/n): what a variance of n points is worth less, in points. */
function squaredMemory(phi: number, n: number): number {
  const square = phi * phi;
  const left = 1 - square;
  return (1 + square) / left - (2 * square * (1 - square ** n)) / (n * left * left);
}

function setUntold(out: DependenceColumns, pair: number): void {
  for (const column of Object.values(out)) column[pair] = Number.NaN;
}
