import { paddedSteps } from './lagged-sums.ts';
import { type PointSlice, sliceMs, slicePointsMax } from './point-slice.ts';

/**
 * The points of a window laid out on steps of equal time, so that a lag is a distance: columns by metric with each
 * metric's mean taken off, zero where there is no value. The memory is used again for every window of every entity.
 *
 * The interval is the most usual distance of successive points (the median where none is in the majority). A point
 * stands at the nearest step; of two at one step the later stands. Nothing is interpolated.
 */
export class TimeGrid {
  /** Steps from the first point to the last. */
  length = 0;
  intervalMs = 0;
  /** Steps with a point. */
  present = 0;
  /** 1 at each step with a point, else 0. */
  readonly presence: Float64Array;
  /** `columns[metric * stride + step]`; at least `paddedSteps` zeros follow. */
  readonly columns: Float64Array;
  readonly stride: number;
  /** The same layout: 1 where there is a value, else 0. */
  readonly masks: Float64Array;
  /** By metric: steps with a value, and the sum of squared deviations. */
  readonly counts: Int32Array;
  readonly squares: Float64Array;
  readonly #metrics: number;
  readonly #times: Float64Array;
  readonly #gaps: Float64Array;
  readonly #steps: Int32Array;
  #points = 0;

  constructor(metrics: number, windowMsMax: number) {
    // A window may begin within a slice: one more.
    this.stride = (Math.ceil(windowMsMax / sliceMs) + 1) * slicePointsMax + paddedSteps;
    this.#metrics = metrics;
    this.presence = new Float64Array(this.stride);
    this.columns = new Float64Array(metrics * this.stride);
    this.masks = new Float64Array(metrics * this.stride);
    this.counts = new Int32Array(metrics);
    this.squares = new Float64Array(metrics);
    this.#times = new Float64Array(this.stride);
    this.#gaps = new Float64Array(this.stride);
    this.#steps = new Int32Array(this.stride);
  }

  /** Lays out the points with from < time ≤ to. Metrics that `wanted` leaves out have no column. */
  fill(all: readonly PointSlice[], window: { fromMs: number; toMs: number }, wanted: Uint8Array): void {
    const slices = all.filter(({ endMs }) => endMs > window.fromMs && endMs - sliceMs < window.toMs);
    this.#readTimes(slices, window);
    this.counts.fill(0);
    this.squares.fill(0);
    if (this.#points === 0) return;
    for (let metric = 0; metric < this.#metrics; metric++)
      if (wanted[metric] !== 0) this.#fillColumn(metric, slices, window);
  }

  #readTimes(slices: readonly PointSlice[], { fromMs, toMs }: { fromMs: number; toMs: number }): void {
    let points = 0;
    for (const slice of slices) {
      const through = slice.countThrough(toMs);
      for (let point = slice.countThrough(fromMs); point < through; point++)
        this.#times[points++] = slice.times[point]!;
    }
    this.#points = points;
    this.length = points;
    this.present = points;
    if (points < 2) {
      this.#steps[0] = 0;
      this.presence[0] = 1;
      return;
    }
    this.intervalMs = this.#usualGap(points);
    const lastMs = this.#times[points - 1]!;
    this.length = Math.min(this.stride - paddedSteps, Math.round((lastMs - this.#times[0]!) / this.intervalMs) + 1);
    this.presence.fill(0, 0, this.length);
    this.present = 0;
    for (let point = 0; point < points; point++) {
      // Negative beyond what the grid holds: only where most points are far closer to each other than the rest.
      const step = this.length - 1 - Math.round((lastMs - this.#times[point]!) / this.intervalMs);
      this.#steps[point] = step;
      if (step < 0 || this.presence[step] === 1) continue;
      this.presence[step] = 1;
      this.present++;
    }
  }

  #usualGap(points: number): number {
    const gaps = points - 1;
    let majority = 0;
    let votes = 0;
    for (let i = 0; i < gaps; i++) {
      const gap = this.#times[i + 1]! - this.#times[i]!;
      this.#gaps[i] = gap;
      if (votes === 0) majority = gap;
      votes += gap === majority ? 1 : -1;
    }
    let count = 0;
    for (let i = 0; i < gaps; i++) if (this.#gaps[i] === majority) count++;
    return 2 * count > gaps ? majority : this.#gaps.subarray(0, gaps).sort()[gaps >> 1]!;
  }

  #fillColumn(metric: number, slices: readonly PointSlice[], { fromMs, toMs }: { fromMs: number; toMs: number }): void {
    const { columns, length } = this;
    const at = metric * this.stride;
    // Without gaps points lie as they come.
    const dense = this.present === this.#points && length === this.#points;
    if (!dense) columns.fill(Number.NaN, at, at + length);
    let point = 0;
    for (const slice of slices) {
      const values = slice.values.subarray(
        slice.columnAt(metric) + slice.countThrough(fromMs),
        slice.columnAt(metric) + slice.countThrough(toMs),
      );
      if (dense) columns.set(values, at + point);
      else this.#scatter(values, at, point);
      point += values.length;
    }
    columns.fill(0, at + length, at + length + paddedSteps);
    this.#centre(metric, at);
  }

  #scatter(values: Float64Array, at: number, firstPoint: number): void {
    for (let i = 0; i < values.length; i++) {
      const step = this.#steps[firstPoint + i]!;
      if (step >= 0) this.columns[at + step] = values[i]!;
    }
  }

  /** Takes the mean off and puts zero where nothing is. The mean is taken from the first value on: see `CoMoments`. */
  #centre(metric: number, at: number): void {
    const { columns, masks, length } = this;
    let first = Number.NaN;
    let count = 0;
    let sum = 0;
    for (let i = at; i < at + length; i++) {
      const value = columns[i]!;
      if (!Number.isFinite(value)) continue;
      if (count === 0) first = value;
      count++;
      sum += value - first;
    }
    const offset = sum / count;
    let squares = 0;
    for (let i = at; i < at + length; i++) {
      const value = columns[i]!;
      const here = Number.isFinite(value);
      const deviation = here ? value - first - offset : 0;
      masks[i] = here ? 1 : 0;
      columns[i] = deviation;
      squares += deviation * deviation;
    }
    this.counts[metric] = count;
    this.squares[metric] = squares;
  }
}
