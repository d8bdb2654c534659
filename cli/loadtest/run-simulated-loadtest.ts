import {
  type Dwell,
  type LoadPoint,
  type LoadSums,
  noLoad,
  pointOf,
  withSecond,
} from '../../operators/capacity/dwell.ts';
import {
  type CapacityEstimate,
  estimateCapacity,
  relativeHalfWidth,
} from '../../operators/capacity/estimate-capacity.ts';
import { limits } from '../../operators/control/limits.ts';
import { curveBounds } from '../../operators/control/pessimistic-curve.ts';
import { dwellOf, planLoad } from '../../operators/control/plan-load.ts';
import { SimulatedTier } from '../../simulate/loadtest/simulated-tier.ts';
import type { TierTelemetry } from '../../simulate/loadtest/tier-telemetry.ts';
import { type WorldGiven, type WorldOptions, worldOptionsOf } from '../../simulate/loadtest/world-options.ts';
import { ContentionScore } from './contention-score.ts';

/** What `simulate loadtest` prints. */
export interface SimulatedLoadTestResult {
  readonly truth: { readonly lambda100: number };
  /** undefined where no estimate came about. */
  readonly estimate: { readonly lambda100: number; readonly lo: number; readonly hi: number } | undefined;
  /** estimate ÷ truth − 1. */
  readonly error: number | undefined;
  readonly seconds: number;
  readonly max_contention_ms: number;
  readonly seconds_over_100: number;
  readonly seconds_over_150: number;
  readonly steps: number;
  readonly outcome: 'found' | 'aborted' | 'inconclusive';
}

/** Weight of a host between tests; a panel host gets at most so many times that. */
const safeWeight = 100;
/** Fewer hosts than this are cut into turns of ten seconds, so that there are units enough to compare. */
const wholeHostsMin = 6;
const unitsWanted = 8;
/** Half of the memory of the tier's total load: seconds. */
const totalMemory = 0.9;

/**
 * One live load test in virtual time: estimator and step law against a simulated tier. They see telemetry only; the
 * truth is for the score. The guard rails and the command protocol are not part of this loop yet, but for the hard abort.
 */
export function runSimulatedLoadTest(given: WorldGiven & { readonly maxS?: number }): SimulatedLoadTestResult {
  const { maxS = 900, ...world } = given;
  const options = worldOptionsOf(world);
  const tier = new SimulatedTier(options);
  const score = new ContentionScore();
  const test = new LoadTest(options);
  let seconds = 0;
  while (seconds < maxS && test.outcome === undefined) {
    test.observe(tier.next(test.weights));
    score.add(tier.truth);
    seconds++;
  }
  const { estimate } = test;
  return {
    truth: { lambda100: tier.lambda100Now },
    estimate: estimate && { lambda100: estimate.lambda100, lo: estimate.lo, hi: estimate.hi },
    error: estimate && estimate.lambda100 / tier.lambda100Now - 1,
    seconds,
    ...score.result(),
    steps: test.steps,
    outcome: test.outcome ?? 'inconclusive',
  };
}

class LoadTest {
  weights: readonly number[];
  estimate: CapacityEstimate | undefined;
  outcome: 'found' | 'aborted' | undefined;
  steps = 0;
  readonly #servers: number;
  readonly #restHosts: number;
  readonly #slots: number;
  readonly #score: { hits: number; durationMs: number }[] = [];
  readonly #dwells: Dwell[] = [];
  #open: LoadSums[];
  #elapsedS = 0;
  #settleS: number = limits.settleMinS;
  #measureS: number = limits.baselineS;
  #totalHitsPerS: number | undefined;

  constructor({ panelHosts, tierHosts, logicalCpus }: WorldOptions) {
    this.#servers = logicalCpus;
    this.#restHosts = tierHosts - panelHosts;
    this.#slots = panelHosts >= wholeHostsMin ? 1 : Math.ceil(unitsWanted / panelHosts);
    this.weights = Array<number>(panelHosts).fill(safeWeight);
    this.#open = this.#noUnits();
  }

  observe({ panel, rest }: TierTelemetry): void {
    const total = panel.reduce((sum, row) => sum + row.hitsPerS, rest.hitsPerS);
    this.#totalHitsPerS = totalMemory * (this.#totalHitsPerS ?? total) + (1 - totalMemory) * total;
    this.#watch(panel);
    const measuredS = this.#elapsedS++ - this.#settleS;
    if (measuredS < 0) return;
    for (const [host, row] of panel.entries()) {
      const unit = host * this.#slots + (Math.floor(measuredS / 10) % this.#slots);
      this.#open[unit] = withSecond(this.#open[unit]!, { ...row, busyRatio: row.cpuBusyRatio });
    }
    if (measuredS + 1 >= this.#measureS) this.#plan();
  }

  /** The hard abort: mean contention of the last ten seconds over the fitted baseline. */
  #watch(panel: TierTelemetry['panel']): void {
    const hits = panel.reduce((sum, row) => sum + row.hitsPerS, 0);
    const durationMs = panel.reduce((sum, row) => sum + row.hitsPerS * (row.durationMs ?? 0), 0);
    this.#score.push({ hits, durationMs });
    if (this.#score.length > limits.windowS) this.#score.shift();
    const baselineMs = this.estimate?.fit.baselineMs;
    if (baselineMs === undefined || this.#score.length < limits.windowS) return;
    const windowHits = this.#score.reduce((sum, second) => sum + second.hits, 0);
    const meanMs = this.#score.reduce((sum, second) => sum + second.durationMs, 0) / Math.max(1, windowHits);
    if (meanMs - baselineMs > limits.abortContentionMs) this.outcome = 'aborted';
  }

  #plan(): void {
    const dwells = [...this.#dwells, { units: this.#open }];
    const points = dwells.flatMap((dwell): LoadPoint[] => {
      const point = pointOf(dwell);
      return point === undefined ? [] : [point];
    });
    this.estimate = estimateCapacity({ dwells, servers: this.#servers }) ?? this.estimate;
    const bounds = curveBounds({ points, servers: this.#servers, estimate: this.estimate });
    const here = points.at(-1);
    this.#measureS += limits.holdS;
    if (bounds === undefined || here === undefined) return;
    const plan = planLoad(here.hitsPerS, bounds);
    if (this.#isFound(plan.kind === 'hold')) this.outcome = 'found';
    else if (plan.kind !== 'hold') this.#step(plan.hitsPerS, dwellOf(plan.hitsPerS, bounds.likely));
  }

  #isFound(cannotRise: boolean): boolean {
    const { estimate } = this;
    if (estimate === undefined || relativeHalfWidth(estimate) > limits.foundHalfWidth) return false;
    return cannotRise || estimate.highestContentionMs >= limits.foundContentionMs;
  }

  #step(hitsPerS: number, { settleS, measureS }: { readonly settleS: number; readonly measureS: number }): void {
    this.#dwells.push({ units: this.#open });
    this.#open = this.#noUnits();
    [this.#elapsedS, this.#settleS, this.#measureS] = [0, settleS, measureS];
    const panelHosts = this.weights.length;
    const left = (this.#totalHitsPerS ?? 0) - panelHosts * hitsPerS;
    const weight = left <= 0 ? Number.POSITIVE_INFINITY : (hitsPerS * safeWeight * this.#restHosts) / left;
    const bounded = Math.min(limits.weightFactorMax * safeWeight, Math.floor(weight));
    this.weights = this.weights.map(() => bounded);
    this.steps++;
  }

  #noUnits(): LoadSums[] {
    return Array<LoadSums>(this.weights.length * this.#slots).fill(noLoad);
  }
}
