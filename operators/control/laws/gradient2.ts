import { baselineS, type Law, meanHitsPerS, noSeconds, plusSecond, running, type SecondSums } from './law.ts';

export interface Gradient2State {
  readonly baseline: SecondSums;
  /** Hits/s that a host is given; 0 before the first decision. */
  readonly limitHitsPerS: number;
  /** Exponentially smoothed duration, the law's own idea of a baseline, and how many seconds are in it. */
  readonly longMs: number;
  readonly samples: number;
}

/** Defaults of Gradient2Limit in Netflix's concurrency-limits: queueSize, longWindow, rttTolerance, smoothing, warm-up. */
const queueHits = 4;
const longSamples = 600;
const warmUpSamples = 10;
const tolerance = 1.5;
const smoothing = 0.2;
const gradientMin = 0.5;
/** The long mean is cut by 5 % a sample while it is more than twice the short one. */
const longRatioMax = 2;
const longCut = 0.95;

/**
 * Gradient2 with a limit of hits/s instead of concurrent requests, one update a second. By Little's law the queue of 4
 * that it lets grow is 4 ÷ duration hits/s. Its baseline is relative and follows the load (issue 165 of that project):
 * it has no limit in ms, and what it holds is not λ100. Never ends by itself; its answer is the limit. Where less than
 * half of the limit arrives it does not grow.
 */
export const gradient2: Law<Gradient2State> = {
  start: { baseline: noSeconds, limitHitsPerS: 0, longMs: 0, samples: 0 },
  step(state, second) {
    const shortMs = second.durationMs;
    const isBaseline = state.baseline.seconds < baselineS;
    const baseline = isBaseline ? plusSecond(state.baseline, second) : state.baseline;
    const naturalHitsPerS = meanHitsPerS(baseline);
    const measured = shortMs === undefined ? state : withSample(state, shortMs);
    const before = isBaseline ? naturalHitsPerS : state.limitHitsPerS;
    const isIdle = shortMs === undefined || isBaseline || second.hitsPerS < before / 2;
    const limitHitsPerS = isIdle ? before : nextLimit(before, measured.longMs, shortMs);
    const longMs =
      shortMs !== undefined && measured.longMs > longRatioMax * shortMs ? longCut * measured.longMs : measured.longMs;
    return {
      state: { ...measured, longMs, baseline, limitHitsPerS },
      factor: naturalHitsPerS > 0 ? limitHitsPerS / naturalHitsPerS : 1,
      outcome: running(isBaseline ? undefined : limitHitsPerS),
    };
  },
};

function nextLimit(limit: number, longMs: number, shortMs: number): number {
  const gradient = Math.max(gradientMin, Math.min(1, (tolerance * longMs) / shortMs));
  const wanted = limit * gradient + (1_000 * queueHits) / shortMs;
  return (1 - smoothing) * limit + smoothing * wanted;
}

/** A plain mean while warming up, then an exponential one that forgets within the window: weight 2 / (window + 1). */
function withSample(state: Gradient2State, durationMs: number): Gradient2State {
  const samples = state.samples + 1;
  const weight = samples <= warmUpSamples ? 1 / samples : 2 / (longSamples + 1);
  return { ...state, samples, longMs: state.longMs + weight * (durationMs - state.longMs) };
}
