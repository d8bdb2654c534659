import type { CorrelationPlan } from './correlation-plan.ts';
import { Lags, laggedSums, productSum } from './lagged-sums.ts';
import type { PointSlice } from './point-slice.ts';
import { TimeGrid } from './time-grid.ts';

/** By pair: see `PairDependence`. */
export interface DependenceColumns {
  readonly inflationR: Float64Array;
  readonly inflationSlope: Float64Array;
  readonly lagS: Float64Array;
}

/** The largest lag of an autocorrelation is n over this: Pyper and Peterman 1998, after Box and Jenkins. */
const pointsPerLargestLag = 5;
/** Lags tried for the strongest correlation, to either side, in points. */
export const lagPointsMax = 5;
/** Pairs of points that a lag needs to be compared. */
const laggedPairsMin = 10;
/** Another lag must be better by this part: rounding decides no tie. */
const lagMargin = 1e-9;
/** Residuals below this part of the variance are rounding: their autocorrelation says nothing. */
const residualRatioMin = 1e-20;

/** A column of deviations from the mean, zero where there is no point. */
interface Series {
  readonly values: Float64Array;
  readonly at: number;
  /** Sum of squares. */
  readonly square: number;
}

interface PairedSeries {
  readonly x: Series;
  readonly y: Series;
  /** Σ x · y. */
  readonly product: number;
  /** 1 where both have a value. */
  readonly mask: Series;
  readonly n: number;
  /** Autocorrelations of x and y and counts of pairs of points, by number of the lag. */
  readonly acfX: Float64Array;
  readonly acfY: Float64Array;
  readonly pairsAt: Float64Array;
}

/**
 * How much successive points of a pair depend on each other. For the correlation of two series the effective sample
 * size n_eff is 1/n_eff = 1/n + 2/n · Σ_j (n_j/n) ρx(j) ρy(j), n_j = pairs of points j steps apart ((n − j) without
 * gaps), ρ(j) = (n/n_j) · c(j)/c(0) (Bartlett 1935; Pyper and Peterman, Can. J. Fish. Aquat. Sci. 55, 1998, equations 1
 * and 7), j up to n/5. For the slope the same sum stands with the residual's autocorrelations for y's: the variance of a
 * least-squares slope under dependent errors. Neither may be below 1/n. Needs five points.
 *
 * The lag is that of the largest |cross-correlation| with |lag| ≤ 5 points, each lag with at least 10 pairs of points and
 * scaled by n/n_j; of equal ones the shortest, x leading before y leading. Undefined for under 15 points.
 *
 * Memory is used again with every call: one of these serves all entities of a graph.
 */
export class SerialDependence {
  readonly #plan: CorrelationPlan;
  readonly #grid: TimeGrid;
  readonly #lags: Lags;
  readonly #wanted: Uint8Array;
  /** Autocorrelations of each metric that has a value at each point; then those of a pair that lacks some. */
  readonly #acfs: Float64Array[];
  readonly #pairsAt: Float64Array;
  readonly #ownAcfX: Float64Array;
  readonly #ownAcfY: Float64Array;
  readonly #ownPairsAt: Float64Array;
  readonly #ownX: Float64Array;
  readonly #ownY: Float64Array;
  readonly #ownMask: Float64Array;
  readonly #residual: Float64Array;
  readonly #residualAcf: Float64Array;
  readonly #xLeads = new Float64Array(lagPointsMax);
  readonly #yLeads = new Float64Array(lagPointsMax);

  constructor(plan: CorrelationPlan) {
    this.#plan = plan;
    this.#grid = new TimeGrid(plan.metrics.length, Math.max(...plan.windowsMs));
    const { stride } = this.#grid;
    this.#lags = new Lags(stride);
    const byLag = (): Float64Array => new Float64Array(this.#lags.lags.length);
    this.#wanted = new Uint8Array(plan.metrics.length);
    this.#acfs = plan.metrics.map(byLag);
    this.#pairsAt = byLag();
    this.#ownAcfX = byLag();
    this.#ownAcfY = byLag();
    this.#ownPairsAt = byLag();
    this.#ownX = new Float64Array(stride);
    this.#ownY = new Float64Array(stride);
    this.#ownMask = new Float64Array(stride);
    this.#residual = new Float64Array(stride);
    this.#residualAcf = byLag();
  }

  /** Over the points with from < time ≤ to, for pairs from ≤ pair < to, into their places of `out`. */
  measure(
    slices: readonly PointSlice[],
    window: { readonly fromMs: number; readonly toMs: number },
    pairs: { readonly from: number; readonly to: number },
    out: DependenceColumns,
  ): void {
    const { xs, ys } = this.#plan;
    this.#wanted.fill(0);
    for (let pair = pairs.from; pair < pairs.to; pair++) this.#wanted[xs[pair]!] = this.#wanted[ys[pair]!] = 1;
    const grid = this.#grid;
    grid.fill(slices, window, this.#wanted);
    this.#measureMetrics();
    for (let pair = pairs.from; pair < pairs.to; pair++) {
      out.inflationR[pair] = out.inflationSlope[pair] = out.lagS[pair] = Number.NaN;
      if (grid.counts[xs[pair]!] === 0 || grid.counts[ys[pair]!] === 0) continue;
      const series = this.#pairedSeries(xs[pair]!, ys[pair]!);
      out.inflationR[pair] = this.#inflationR(series);
      out.inflationSlope[pair] = this.#inflationSlope(series);
      out.lagS[pair] = this.#strongestLag(series) * (grid.intervalMs / 1_000);
    }
  }

  #measureMetrics(): void {
    const { length, present, presence, counts, columns, squares, stride } = this.#grid;
    this.#lags.through(Math.min(Math.floor(present / pointsPerLargestLag), length - 1));
    this.#countPairs({ values: presence, at: 0, square: present }, this.#pairsAt);
    for (let metric = 0; metric < counts.length; metric++)
      if (this.#wanted[metric] !== 0 && counts[metric] === present)
        this.#autocorrelate({ values: columns, at: metric * stride, square: squares[metric]! }, this.#acfs[metric]!);
  }

  #pairedSeries(metricX: number, metricY: number): PairedSeries {
    const { present, presence, counts, columns, squares, stride } = this.#grid;
    if (counts[metricX] !== present || counts[metricY] !== present) return this.#ownSeries(metricX, metricY);
    this.#lags.through(Math.min(Math.floor(present / pointsPerLargestLag), this.#grid.length - 1));
    const x = { values: columns, at: metricX * stride, square: squares[metricX]! };
    const y = { values: columns, at: metricY * stride, square: squares[metricY]! };
    return {
      x,
      y,
      product: productSum(columns, x.at, columns, y.at, this.#grid.length),
      mask: { values: presence, at: 0, square: present },
      n: present,
      acfX: this.#acfs[metricX]!,
      acfY: this.#acfs[metricY]!,
      pairsAt: this.#pairsAt,
    };
  }

  /** Of two metrics that do not always come together: only the points with both, with their own means. */
  #ownSeries(metricX: number, metricY: number): PairedSeries {
    const { columns, masks, stride, length } = this.#grid;
    const n = productSum(masks, metricX * stride, masks, metricY * stride, length);
    for (let i = 0; i < length; i++) this.#ownMask[i] = masks[metricX * stride + i]! * masks[metricY * stride + i]!;
    const centred = (metric: number, own: Float64Array): Series => {
      const mean = productSum(columns, metric * stride, this.#ownMask, 0, length) / n;
      for (let i = 0; i < length; i++) own[i] = (columns[metric * stride + i]! - mean) * this.#ownMask[i]!;
      return { values: own, at: 0, square: n === 0 ? 0 : productSum(own, 0, own, 0, length) };
    };
    const x = centred(metricX, this.#ownX);
    const y = centred(metricY, this.#ownY);
    const mask = { values: this.#ownMask, at: 0, square: n };
    this.#lags.through(Math.min(Math.floor(n / pointsPerLargestLag), length - 1));
    this.#countPairs(mask, this.#ownPairsAt);
    this.#autocorrelate(x, this.#ownAcfX);
    this.#autocorrelate(y, this.#ownAcfY);
    const product = productSum(this.#ownX, 0, this.#ownY, 0, length);
    return { x, y, product, mask, n, acfX: this.#ownAcfX, acfY: this.#ownAcfY, pairsAt: this.#ownPairsAt };
  }

  #autocorrelate({ values, at, square }: Series, acf: Float64Array): void {
    this.#lags.sums(values, at, this.#grid.length, acf);
    for (let k = 0; k < this.#lags.count; k++) acf[k]! /= square;
  }

  #countPairs({ values, at, square }: Series, pairsAt: Float64Array): void {
    const { length } = this.#grid;
    if (square === length) this.#lags.counts(length, pairsAt);
    else this.#lags.sums(values, at, length, pairsAt);
  }

  #inflationR({ x, y, n, acfX, acfY, pairsAt }: PairedSeries): number {
    if (this.#lags.count === 0 || x.square === 0 || y.square === 0) return Number.NaN;
    return this.#inflation(n, pairsAt, acfX, acfY);
  }

  #inflationSlope({ x, y, product, n, acfX, pairsAt }: PairedSeries): number {
    if (this.#lags.count === 0 || x.square === 0) return Number.NaN;
    const { length } = this.#grid;
    const slope = product / x.square;
    const residuals = this.#residual;
    let square = 0;
    for (let i = 0; i < length; i++) {
      const residual = y.values[y.at + i]! - slope * x.values[x.at + i]!;
      residuals[i] = residual;
      square += residual * residual;
    }
    if (square <= residualRatioMin * y.square) return 1;
    this.#autocorrelate({ values: residuals, at: 0, square }, this.#residualAcf);
    return this.#inflation(n, pairsAt, acfX, this.#residualAcf);
  }

  #inflation(n: number, pairsAt: Float64Array, acfA: Float64Array, acfB: Float64Array): number {
    const { weights, count } = this.#lags;
    let sum = 0;
    // (n_j/n) · (n/n_j)² of the two corrected autocorrelations leaves n/n_j.
    for (let k = 0; k < count; k++) if (pairsAt[k]! > 0) sum += weights[k]! * (n / pairsAt[k]!) * acfA[k]! * acfB[k]!;
    return Math.max(1, 1 + 2 * sum);
  }

  /** In steps; NaN = undefined. */
  #strongestLag({ x, y, product, n, mask }: PairedSeries): number {
    if (x.square === 0 || y.square === 0) return Number.NaN;
    if (n < laggedPairsMin + lagPointsMax) return Number.NaN;
    const { length } = this.#grid;
    laggedSums(x.values, x.at, y.values, y.at, { length, lag: 1, out: this.#xLeads, outAt: 0 });
    laggedSums(y.values, y.at, x.values, x.at, { length, lag: 1, out: this.#yLeads, outAt: 0 });
    let strongest = Math.abs(product);
    let strongestAt = 0;
    for (let step = 1; step <= lagPointsMax; step++) {
      const pairs = mask.square === length ? n - step : productSum(mask.values, 0, mask.values, step, length - step);
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
