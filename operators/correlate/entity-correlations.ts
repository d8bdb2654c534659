import { correlationFigures } from '../../schemas/blocks.ts';
import { CoMoments } from './co-moments.ts';
import type { CorrelationPlan } from './correlation-plan.ts';
import type { EntityIdentity } from './entity.ts';
import { MinuteRest } from './minute-rest.ts';
import { PointSlice, sliceEndOf, sliceMs } from './point-slice.ts';
import { regressionFigures } from './regression.ts';
import { type DependenceColumns, SerialDependence } from './serial-dependence.ts';
import { WholeMinutes } from './whole-minutes.ts';

/**
 * n_eff, how much wider dependence makes intervals and the lag are measured anew after this part of the time that the points
 * of a window span: configured pairs 1 s, 5 s and 1 min once the windows are full, the others 10 s, 50 s and 10 min.
 * Everything else is of the moment.
 */
const configuredRenewalRatio = 1 / 60;
const otherRenewalRatio = 1 / 6;

/** How long points are kept: the longest window, and as much before it as its last renewal may lie back. */
export const keptMsOf = ({ windowsMs, allPairsEveryMs }: CorrelationPlan): number =>
  Math.max(...windowsMs) + renewalMs(Math.max(...windowsMs), otherRenewalRatio, allPairsEveryMs);

/** Correlations of one entity as of one moment, a row for each window and pair, in columns. */
export interface EntityRows {
  readonly entity: EntityIdentity;
  /** Windows end here and hold the points with end − length < time ≤ end. */
  readonly endMs: number;
  readonly rows: number;
  /** Of each row: numbers of its metrics, and its window's length. */
  readonly rowX: Uint8Array;
  readonly rowY: Uint8Array;
  readonly rowWindowsMs: Float64Array;
  /** `figures[figure * rows + row]`, figures as in `correlationFigures`; NaN = cannot be told. */
  readonly figures: Float64Array;
}

/** What entities of one graph share: no memory of their own for passing results. */
export interface CorrelationWorkplace {
  readonly plan: CorrelationPlan;
  readonly dependence: SerialDependence;
  readonly rest: MinuteRest;
  /** One for each window. */
  readonly moments: readonly CoMoments[];
}

export const correlationWorkplace = (plan: CorrelationPlan): CorrelationWorkplace => ({
  plan,
  dependence: new SerialDependence(plan),
  rest: new MinuteRest(plan.metrics.length),
  moments: plan.windowsMs.map(() => new CoMoments(plan.xs.length)),
});

/** Pairs from ≤ pair < to, measured together. */
interface PairGroup {
  readonly from: number;
  readonly to: number;
  readonly renewalRatio: number;
  readonly everyMs: number;
  /** By window: end of the points that were measured last. */
  readonly measuredMs: Float64Array;
}

/**
 * The points of one entity over the longest window, in slices of a minute, and the correlations of its pairs. What comes
 * out is a function of the points kept and of nothing else: windows are put together from the points of their first and
 * last minute and the co-moments of whole minutes between, always in this way. So a copy made from the points goes on
 * with the same bits.
 */
export class EntityCorrelations {
  readonly identity: EntityIdentity;
  lastMs = Number.NEGATIVE_INFINITY;
  /** Points not in ascending time, and those beyond what a slice holds. */
  refused = 0;
  readonly #workplace: CorrelationWorkplace;
  readonly #keptMs: number;
  readonly #slices: PointSlice[] = [];
  readonly #spare: PointSlice[] = [];
  /** By window. */
  readonly #dependence: readonly DependenceColumns[];
  readonly #wholeMinutes: readonly WholeMinutes[];
  readonly #configured: PairGroup;
  readonly #others: PairGroup;
  #dueConfigured = false;
  #dueAll = false;

  constructor(identity: EntityIdentity, workplace: CorrelationWorkplace) {
    const { plan } = workplace;
    this.identity = identity;
    this.#workplace = workplace;
    this.#keptMs = keptMsOf(plan);
    const column = (): Float64Array => new Float64Array(plan.xs.length);
    this.#dependence = plan.windowsMs.map(() => ({
      inflationR: column(),
      shownRatio: column(),
      quantile: column(),
      wideningSlope: column(),
      lagS: column(),
    }));
    this.#wholeMinutes = plan.windowsMs.map(() => new WholeMinutes());
    const group = (from: number, to: number, renewalRatio: number, everyMs: number): PairGroup => {
      const measuredMs = new Float64Array(plan.windowsMs.length).fill(Number.NaN);
      return { from, to, renewalRatio, everyMs, measuredMs };
    };
    this.#configured = group(0, plan.configuredPairs, configuredRenewalRatio, plan.everyMs);
    this.#others = group(plan.configuredPairs, plan.xs.length, otherRenewalRatio, plan.allPairsEveryMs);
  }

  /** Ascending in time; all but the last are closed. */
  get slices(): readonly PointSlice[] {
    return this.#slices;
  }

  /** False for a point that is refused. */
  append(endMs: number, values: Float64Array): boolean {
    const last = this.#slices.at(-1);
    const sliceEndMs = sliceEndOf(endMs);
    if (!(endMs > this.lastMs) || !this.#sliceFor(sliceEndMs, last).add(endMs, values)) {
      this.refused++;
      return false;
    }
    const { everyMs, allPairsEveryMs } = this.#workplace.plan;
    this.#dueConfigured = entersNew(everyMs, this.lastMs, endMs);
    this.#dueAll = entersNew(allPairsEveryMs, this.lastMs, endMs);
    this.lastMs = endMs;
    this.#forgetBefore(endMs - this.#keptMs);
    return true;
  }

  /** After a point: correlations of windows that end with it, if it is the first of a second or of 10 s. */
  evaluate(): EntityRows | undefined {
    const { plan } = this.#workplace;
    const pairs = this.#dueAll ? plan.xs.length : this.#dueConfigured ? plan.configuredPairs : 0;
    this.#dueAll = this.#dueConfigured = false;
    if (pairs === 0) return undefined;
    for (let window = 0; window < plan.windowsMs.length; window++) {
      this.#renew(window, this.#configured);
      if (pairs > plan.configuredPairs) this.#renew(window, this.#others);
      this.#collect(window, pairs);
    }
    return this.#rows(pairs);
  }

  #sliceFor(endMs: number, last: PointSlice | undefined): PointSlice {
    if (last?.endMs === endMs) return last;
    const { metrics } = this.#workplace.plan;
    const slice = this.#spare.pop() ?? new PointSlice(metrics.length);
    slice.start(endMs);
    this.#slices.push(slice);
    return slice;
  }

  #forgetBefore(timeMs: number): void {
    while (this.#slices[0]!.endMs <= timeMs) this.#spare.push(this.#slices.shift()!);
    // After a long silence all would lie here.
    if (this.#spare.length > 1) this.#spare.length = 1;
  }

  /**
   * Co-moments of the first `pairs` pairs over a window that ends with the last point: those of the points that it has of
   * its first minute, then of the whole minutes, then of the minute that is open.
   */
  #collect(window: number, pairs: number): void {
    const { plan, rest, moments: all } = this.#workplace;
    const moments = all[window]!;
    const startMs = this.lastMs - plan.windowsMs[window]!;
    moments.clear(pairs);
    for (const slice of this.#slices) {
      if (slice.endMs <= startMs) continue;
      if (slice.endMs - sliceMs >= startMs) break;
      rest.collect(slice, plan, { pairs, from: slice.countThrough(startMs) }, moments);
    }
    const whole = this.#wholeMinutes[window]!;
    whole.cover(this.#slices, startMs, plan);
    const open = this.#slices.at(-1)!;
    const last = open.endMs - sliceMs >= startMs ? open.momentsOf(plan, pairs) : undefined;
    for (let pair = 0; pair < pairs; pair++) {
      if (whole.moments !== undefined) moments.merge(pair, whole.moments);
      if (last !== undefined) moments.merge(pair, last);
    }
  }

  #renew(window: number, group: PairGroup): void {
    const { plan, dependence } = this.#workplace;
    if (group.from === group.to) return;
    const windowMs = plan.windowsMs[window]!;
    const spanMs = Math.min(windowMs, this.lastMs - this.#slices[0]!.times[0]!);
    const everyMs = renewalMs(spanMs, group.renewalRatio, group.everyMs);
    const toMs = this.#firstSince(Math.floor(this.lastMs / everyMs) * everyMs);
    if (toMs === group.measuredMs[window]) return;
    group.measuredMs[window] = toMs;
    dependence.measure(this.#slices, { number: window, toMs }, group, this.#dependence[window]!);
  }

  /** Time of the first point at or after a moment that is not after the last point. */
  #firstSince(timeMs: number): number {
    let first = this.lastMs;
    for (let i = this.#slices.length - 1; i >= 0; i--) {
      const { times, count, endMs } = this.#slices[i]!;
      if (endMs < timeMs) break;
      for (let point = count - 1; point >= 0 && times[point]! >= timeMs; point--) first = times[point]!;
    }
    return first;
  }

  #rows(pairs: number): EntityRows {
    const { plan, moments } = this.#workplace;
    // Pairs that were not asked for by name and have no common point in the window say nothing: a third of all rows.
    const isTold = (window: number, pair: number): boolean =>
      pair < plan.configuredPairs || moments[window]!.count[pair]! > 0;
    let rows = 0;
    for (let window = 0; window < plan.windowsMs.length; window++)
      for (let pair = 0; pair < pairs; pair++) if (isTold(window, pair)) rows++;
    const figures = new Float64Array(rows * correlationFigures.length);
    const rowX = new Uint8Array(rows);
    const rowY = new Uint8Array(rows);
    const rowWindowsMs = new Float64Array(rows);
    let row = 0;
    const put = (figure: number, value: number): void => {
      // NaN has many bit patterns, and which of them a computation gives depends on how it was compiled.
      figures[figure * rows + row] = Number.isNaN(value) ? Number.NaN : value;
    };
    for (let window = 0; window < plan.windowsMs.length; window++) {
      const { inflationR, shownRatio, quantile, wideningSlope, lagS } = this.#dependence[window]!;
      for (let pair = 0; pair < pairs; pair++) {
        if (!isTold(window, pair)) continue;
        const ofPair = {
          inflationR: inflationR[pair]!,
          shownRatio: shownRatio[pair]!,
          quantile: quantile[pair]!,
          wideningSlope: wideningSlope[pair]!,
          lagS: lagS[pair]!,
        };
        regressionFigures(moments[window]!, pair, ofPair, put);
        rowX[row] = plan.xs[pair]!;
        rowY[row] = plan.ys[pair]!;
        rowWindowsMs[row] = plan.windowsMs[window]!;
        row++;
      }
    }
    return { entity: this.identity, endMs: this.lastMs, rows, rowX, rowY, rowWindowsMs, figures };
  }
}

/** A part of the time spanned, in whole steps of how often the pair is given out. */
const renewalMs = (spanMs: number, ratio: number, everyMs: number): number =>
  Math.max(1, Math.ceil((spanMs * ratio) / everyMs)) * everyMs;

const entersNew = (lengthMs: number, beforeMs: number, nowMs: number): boolean =>
  Math.floor(nowMs / lengthMs) > Math.floor(beforeMs / lengthMs);
