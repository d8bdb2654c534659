import { CoMoments } from './co-moments.ts';
import type { CorrelationPlan } from './correlation-plan.ts';

type SlicePlan = Pick<CorrelationPlan, 'xs' | 'ys' | 'configuredPairs'>;

/** Length of a slice; slices end at whole minutes and hold the points with start < time ≤ end. */
export const sliceMs = 60_000;
/** Points that a slice takes: one each 250 ms. Bounds the memory of an entity whatever comes. */
export const slicePointsMax = 240;
const pointsFirst = 60;

export const sliceEndOf = (timeMs: number): number => Math.ceil(timeMs / sliceMs) * sliceMs;

/** The points of one entity in one minute, ascending in time, and the co-moments of every pair. */
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
  /** Points that the co-moments hold: of the configured pairs, and of the others. */
  #configuredPoints = 0;
  #otherPoints = 0;

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

  start(endMs: number): void {
    this.endMs = endMs;
    this.count = 0;
    this.written = false;
    this.#moments?.clear();
    this.#configuredPoints = 0;
    this.#otherPoints = 0;
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

  /**
   * Co-moments of the first `pairs` pairs: those that are configured, or all. Each point is added once, one after the other
   * whenever it is asked for: what comes out does not depend on when that was.
   */
  momentsOf(plan: SlicePlan, pairs: number): CoMoments {
    const { xs, configuredPairs } = plan;
    this.#moments ??= new CoMoments(xs.length);
    const configured = { from: 0, to: configuredPairs, fromPoint: this.#configuredPoints };
    this.#configuredPoints = this.count;
    this.#add(this.#moments, plan, configured);
    if (pairs === configuredPairs) return this.#moments;
    const others = { from: configuredPairs, to: pairs, fromPoint: this.#otherPoints };
    this.#otherPoints = this.count;
    this.#add(this.#moments, plan, others);
    return this.#moments;
  }

  #add(
    into: CoMoments,
    plan: SlicePlan,
    { from, to, fromPoint }: { from: number; to: number; fromPoint: number },
  ): void {
    const range = { x: 0, y: 0, count: this.count - fromPoint };
    if (range.count === 0) return;
    for (let pair = from; pair < to; pair++) {
      range.x = this.columnAt(plan.xs[pair]!) + fromPoint;
      range.y = this.columnAt(plan.ys[pair]!) + fromPoint;
      into.addRange(pair, this.#values, range);
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
