import {
  type ContentionCurve,
  capacityContentionMs,
  contentionMsAt,
  loadAtContention,
  relaxationFactor,
  relaxationS,
} from '../capacity/contention-curve.ts';
import { limits } from './limits.ts';
import type { CurveBounds } from './pessimistic-curve.ts';

export interface LoadPlan {
  readonly kind: 'raise' | 'hold' | 'lower';
  readonly hitsPerS: number;
  /** What is expected there, and at the 97.5 % bound. */
  readonly contentionMs: number;
  readonly upperMs: number;
  readonly reason: string;
}

/** A raise smaller than this is not worth its settling time. */
const raiseMin = 0.007;

/** What users have felt of a run, and how many hosts their waits are averaged over. */
export interface PanelFelt {
  readonly secondsOver100: number;
  readonly secondsOver150: number;
  readonly hosts: number;
}

/**
 * How far predicted contention may go, ms. The rails look at ten seconds of the panel, which scatter about their mean w by
 * √(2.7 κ τ / (10 s × hosts)) w (`relaxationS`): about one in a hundred is worse than `contentionFeltMs`. Less
 * is allowed as the seconds over 100 and 150 ms that a run may have are used up. A lower load, held longer, still answers.
 */
export function contentionMost(likely: ContentionCurve, hitsPerS: number, felt: PanelFelt): number {
  const { hosts, secondsOver100, secondsOver150 } = felt;
  const tauS = relaxationS(hitsPerS, likely.saturationHitsPerS);
  const scatter = Math.sqrt((relaxationFactor * likely.kappa * tauS) / (limits.windowS * hosts));
  const used = Math.max(secondsOver100 / limits.softOver100S, secondsOver150 / limits.softOver150S);
  const latitude = clampTo((1 - used) / (1 - limits.latitudeFromUsed), limits.latitudeMin, 1);
  return latitude * Math.min(limits.contentionBoundMs, limits.contentionFeltMs / feltFactor(scatter));
}

/** Where the approximation below ends: one host at its capacity. */
const scatterMax = 2.5;

/**
 * The worst of a hundred as a multiple of the mean. Waits cannot be negative, so what scatters much is skewed: a gamma
 * distribution by the cube of a normal one (Wilson and Hilferty 1931).
 */
function feltFactor(scatter: number): number {
  const s = Math.min(scatterMax, scatter);
  return (1 - s ** 2 / 9 + (limits.feltZ * s) / 3) ** 3;
}

/**
 * The next load of a host, in latency and not in per cent: as far as the upper bound of predicted contention stays
 * under 75 ms and at most doubles (below 12 ms it may), and never further than a step that shrinks near capacity.
 */
export function planLoad(hitsPerS: number, { likely, upper }: CurveBounds, felt: PanelFelt): LoadPlan {
  const most = contentionMost(likely, hitsPerS, felt);
  const upperNow = predicted(upper, hitsPerS);
  if (upperNow > limits.contentionEase * most) {
    const lower = loadAtContention(upper, most);
    return planOf(
      'lower',
      Math.min(lower, 0.99 * hitsPerS),
      { likely, upper },
      'predicted contention is too high here',
    );
  }
  const bound = Math.min(most, Math.max(limits.contentionFloorMs, 2 * upperNow));
  const byLatency = loadAtContention(upper, bound);
  const capacity = loadAtContention(likely, capacityContentionMs);
  const byStep = hitsPerS * (1 + stepMax(hitsPerS / capacity));
  const next = Math.min(byLatency, byStep);
  if (next < hitsPerS * (1 + raiseMin)) {
    const reason = `a higher load may exceed ${Math.round(bound)} ms of contention`;
    return planOf('hold', hitsPerS, { likely, upper }, reason);
  }
  const reason = byLatency < byStep ? `${Math.round(bound)} ms of contention bound the step` : 'the step is bounded';
  return planOf('raise', next, { likely, upper }, reason);
}

/** Largest step by how near capacity is. */
function stepMax(share: number): number {
  if (share < 0.7) return 0.08;
  if (share < 0.85) return 0.05;
  return share < 0.95 ? 0.03 : 0.015;
}

const predicted = (curve: ContentionCurve, hitsPerS: number): number => {
  const contention = contentionMsAt(curve, hitsPerS);
  return Number.isFinite(contention) ? contention : 10_000;
};

const planOf = (kind: LoadPlan['kind'], hitsPerS: number, bounds: CurveBounds, reason: string): LoadPlan => ({
  kind,
  hitsPerS,
  contentionMs: predicted(bounds.likely, hitsPerS),
  upperMs: predicted(bounds.upper, hitsPerS),
  reason,
});

/** How long a load is left to settle and then measured, in seconds. */
export function dwellOf(
  hitsPerS: number,
  likely: ContentionCurve,
): { readonly settleS: number; readonly measureS: number } {
  const capacity = loadAtContention(likely, capacityContentionMs);
  const tauS = relaxationS(hitsPerS, likely.saturationHitsPerS);
  const share = hitsPerS / capacity;
  const settleS = clamp(limits.settleRelaxations * tauS, limits.settleMinS, limits.settleMaxS);
  if (share < 0.7) return { settleS, measureS: limits.dwellLowS };
  if (share < 0.85) return { settleS, measureS: limits.dwellMiddleS };
  return { settleS, measureS: clamp(limits.dwellRelaxations * tauS, limits.dwellHighS, limits.dwellMaxS) };
}

const clampTo = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const clamp = (value: number, low: number, high: number): number => Math.ceil(clampTo(value, low, high));
