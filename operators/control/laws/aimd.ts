import { capacityContentionMs } from '../../capacity/contention-curve.ts';
import {
  baselineS,
  type Law,
  meanDurationMs,
  meanHitsPerS,
  noSeconds,
  plusSecond,
  running,
  type SecondSums,
} from './law.ts';

export interface AimdState {
  readonly baseline: SecondSums;
  readonly factor: number;
  /** Loads of the last seconds since the first decrease. */
  readonly loads: readonly number[];
  readonly hasDecreased: boolean;
}

/** A second adds so much of the natural load; a second over the limit takes a tenth of all (Chiu and Jain 1989). */
const increase = 0.01;
const decrease = 0.9;
/** The load goes up and down for ever: its mean over so many seconds is the answer. */
const answerS = 300;

/** Additive increase, multiplicative decrease on the mean duration of single seconds. Never ends by itself. */
export const aimd: Law<AimdState> = {
  start: { baseline: noSeconds, factor: 1, loads: [], hasDecreased: false },
  step(state, second) {
    if (state.baseline.seconds < baselineS) {
      return { state: { ...state, baseline: plusSecond(state.baseline, second) }, factor: 1, outcome: running() };
    }
    const baselineMs = meanDurationMs(state.baseline) ?? 0;
    const isOver = (second.durationMs ?? 0) - baselineMs > capacityContentionMs;
    const factor = isOver ? decrease * state.factor : state.factor + increase;
    const hasDecreased = state.hasDecreased || isOver;
    const loads = hasDecreased ? [...state.loads, second.hitsPerS].slice(-answerS) : [];
    const sums = loads.reduce((all, hitsPerS) => plusSecond(all, { hitsPerS, durationMs: undefined }), noSeconds);
    const answer = loads.length === answerS ? meanHitsPerS(sums) : undefined;
    return { state: { ...state, factor, loads, hasDecreased }, factor, outcome: running(answer) };
  },
};
