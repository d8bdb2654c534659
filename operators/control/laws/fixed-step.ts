import { capacityContentionMs } from '../../capacity/contention-curve.ts';
import {
  baselineS,
  type Law,
  type LawSecond,
  type LawStep,
  meanDurationMs,
  meanHitsPerS,
  noSeconds,
  plusSecond,
  running,
  type SecondSums,
} from './law.ts';

export interface FixedStepOptions {
  /** What the host is believed to take; steps are a share of it. */
  readonly nominalHitsPerS: number;
  readonly stepRatio?: number;
  readonly stepS?: number;
}

export interface FixedStepState {
  readonly baseline: SecondSums;
  /** The last seconds at this level, ten at most. */
  readonly window: readonly LawSecond[];
  readonly level: number;
  readonly levelS: number;
}

const windowS = 10;

/**
 * Equal steps at equal intervals until the mean of ten seconds is over the limit, as progressive delivery does it
 * (Flagger: interval 60 s, a constant stepWeight). The answer is the last level that held: a point of its own grid.
 */
export function fixedStep({ nominalHitsPerS, stepRatio = 0.05, stepS = 60 }: FixedStepOptions): Law<FixedStepState> {
  const stepHitsPerS = stepRatio * nominalHitsPerS;
  const stateOf = (baseline: SecondSums, level: number): FixedStepState => ({ baseline, window: [], level, levelS: 0 });
  const factorOf = ({ baseline, level }: FixedStepState): number =>
    level === 0 ? 1 : 1 + (level * stepHitsPerS) / Math.max(1e-9, meanHitsPerS(baseline));
  const go = (state: FixedStepState): LawStep<FixedStepState> => ({
    state,
    factor: factorOf(state),
    outcome: running(),
  });
  return {
    start: stateOf(noSeconds, 0),
    step(state, second) {
      if (state.baseline.seconds < baselineS) {
        const baseline = plusSecond(state.baseline, second);
        return go(stateOf(baseline, baseline.seconds === baselineS ? 1 : 0));
      }
      const window = [...state.window, second].slice(-windowS);
      const levelS = state.levelS + 1;
      if (window.length === windowS && contentionMs(window, state.baseline) > capacityContentionMs) {
        const held = meanHitsPerS(state.baseline) + (state.level - 1) * stepHitsPerS;
        return { state, factor: 1, outcome: { kind: 'found', capacityHitsPerS: held } };
      }
      return go(levelS < stepS ? { ...state, window, levelS } : stateOf(state.baseline, state.level + 1));
    },
  };
}

const contentionMs = (window: readonly LawSecond[], baseline: SecondSums): number =>
  (meanDurationMs(window.reduce(plusSecond, noSeconds)) ?? 0) - (meanDurationMs(baseline) ?? 0);
