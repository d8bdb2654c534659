import type { CentredColumn, CoMoments } from './co-moments.ts';
import type { CorrelationPlan } from './correlation-plan.ts';
import { productSum } from './lagged-sums.ts';
import { type PointSlice, slicePointsMax } from './point-slice.ts';

/** What one metric has in the points that a window holds of its first minute. */
interface RestColumn extends CentredColumn {
  count: number;
  first: number;
  offset: number;
  square: number;
  /** Finite at each of the points. */
  whole: boolean;
}

/**
 * Co-moments of the last points of a minute. Where two metrics have a value at each point their means and squares are
 * those of the metrics, and only the products are the pair's own: two passes a metric and one a pair. The memory is used
 * again for every minute of every entity.
 */
export class MinuteRest {
  readonly #columns: readonly RestColumn[];
  /** `#deviations[metric * slicePointsMax + point]`. */
  readonly #deviations: Float64Array;
  readonly #wanted: Uint8Array;

  constructor(metrics: number) {
    const column = (): RestColumn => ({ count: 0, first: 0, offset: 0, square: 0, whole: false });
    this.#columns = Array.from({ length: metrics }, column);
    this.#deviations = new Float64Array(metrics * slicePointsMax);
    this.#wanted = new Uint8Array(metrics);
  }

  /** Sets the first `pairs` pairs of `into`, which are empty, to the points of the slice from number `from` on. */
  collect(
    slice: PointSlice,
    { xs, ys }: CorrelationPlan,
    { pairs, from }: { readonly pairs: number; readonly from: number },
    into: CoMoments,
  ): void {
    const count = slice.count - from;
    if (count === 0) return;
    this.#wanted.fill(0);
    for (let pair = 0; pair < pairs; pair++) this.#wanted[xs[pair]!] = this.#wanted[ys[pair]!] = 1;
    for (let metric = 0; metric < this.#wanted.length; metric++)
      if (this.#wanted[metric] === 1) this.#centre(metric, slice.values, slice.columnAt(metric) + from, count);
    const deviations = this.#deviations;
    for (let pair = 0; pair < pairs; pair++) {
      const x = xs[pair]!;
      const y = ys[pair]!;
      const columnX = this.#columns[x]!;
      const columnY = this.#columns[y]!;
      if (columnX.whole && columnY.whole) {
        const product = productSum(deviations, x * slicePointsMax, deviations, y * slicePointsMax, count);
        into.setCentred(pair, columnX, columnY, product);
      } else into.addRange(pair, slice.values, { x: slice.columnAt(x) + from, y: slice.columnAt(y) + from, count });
    }
  }

  /** The mean is taken from the first value on: see `CoMoments`. */
  #centre(metric: number, values: Float64Array, at: number, count: number): void {
    const column = this.#columns[metric]!;
    const deviations = this.#deviations;
    const out = metric * slicePointsMax;
    const first = values[at]!;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const shifted = values[at + i]! - first;
      deviations[out + i] = shifted;
      sum += shifted;
    }
    // Infinite or no value at one of the points: so is the sum.
    column.whole = Number.isFinite(sum);
    if (!column.whole) return;
    const offset = sum / count;
    let square = 0;
    for (let i = 0; i < count; i++) {
      const deviation = deviations[out + i]! - offset;
      deviations[out + i] = deviation;
      square += deviation * deviation;
    }
    column.count = count;
    column.first = first;
    column.offset = offset;
    column.square = square;
  }
}
