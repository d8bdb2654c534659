import { CoMoments } from './co-moments.ts';

/** Length of a slice; slices end at whole minutes and hold the points with start < time ≤ end. */
export const sliceMs = 60_000;
/** Points that a slice takes: one each 250 ms. Bounds the memory of an entity whatever comes. */
export const slicePointsMax = 240;
const pointsFirst = 60;

export const sliceEndOf = (timeMs: number): number => Math.ceil(timeMs / sliceMs) * sliceMs;

/** The points of one entity in one minute, ascending in time; once closed also the co-moments of every pair. */
export class PointSlice {
  endMs = 0;
  count = 0;
  /** What is kept of it in the state topic is as it stands here. */
  written = false;
  #times = new Float64Array(pointsFirst);
  /** `#values[metric * capacity + point]`. */
  #values: Float64Array;
  readonly #metrics: number;
  #moments: CoMoments | undefined;
  #closed = false;

  constructor(metrics: number) {
    this.#metrics = metrics;
    this.#values = new Float64Array(metrics * pointsFirst);
  }

  get times(): Float64Array {
    return this.#times;
  }

  /** Column of a metric within `values`. */
  columnAt(metric: number): number {
    return metric * this.#times.length;
  }

  get values(): Float64Array {
    return this.#values;
  }

  /** Undefined while points may still come. */
  get moments(): CoMoments | undefined {
    return this.#closed ? this.#moments : undefined;
  }

  start(endMs: number): void {
    this.endMs = endMs;
    this.count = 0;
    this.written = false;
    this.#closed = false;
  }

  /** False when it is full. */
  add(timeMs: number, values: Float64Array): boolean {
    if (this.count === slicePointsMax) return false;
    if (this.count === this.#times.length) this.#grow();
    this.#times[this.count] = timeMs;
    for (let metric = 0; metric < this.#metrics; metric++)
      this.#values[this.columnAt(metric) + this.count] = values[metric]!;
    this.count++;
    this.written = false;
    return true;
  }

  /** Number of points at or before this moment. */
  countThrough(timeMs: number): number {
    if (timeMs >= this.endMs) return this.count;
    if (timeMs <= this.endMs - sliceMs) return 0;
    let count = this.count;
    while (count > 0 && this.#times[count - 1]! > timeMs) count--;
    return count;
  }

  close(xs: Uint8Array, ys: Uint8Array): void {
    this.#moments ??= new CoMoments(xs.length);
    this.#moments.clear();
    this.#closed = true;
    this.addTo(this.#moments, { xs, ys, pairs: xs.length, from: 0 });
  }

  /** Adds the points from number `from` on to the first `pairs` pairs of `moments`. */
  addTo(moments: CoMoments, wanted: { xs: Uint8Array; ys: Uint8Array; pairs: number; from: number }): void {
    const { xs, ys, pairs, from } = wanted;
    const range = { x: 0, y: 0, count: this.count - from };
    for (let pair = 0; pair < pairs; pair++) {
      range.x = this.columnAt(xs[pair]!) + from;
      range.y = this.columnAt(ys[pair]!) + from;
      moments.addRange(pair, this.#values, range);
    }
  }

  #grow(): void {
    const capacity = Math.min(slicePointsMax, this.#times.length * 2);
    const times = new Float64Array(capacity);
    times.set(this.#times);
    const values = new Float64Array(this.#metrics * capacity);
    for (let metric = 0; metric < this.#metrics; metric++) {
      const from = this.columnAt(metric);
      values.set(this.#values.subarray(from, from + this.count), metric * capacity);
    }
    this.#times = times;
    this.#values = values;
  }
}
