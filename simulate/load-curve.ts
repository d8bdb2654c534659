import type { Random } from './random.ts';

export interface LoadCurveOptions {
  readonly mean: number;
  /** Half of the difference between the daily peak and trough. */
  readonly swing: number;
  /** Hour of the day (UTC) at which the region is busiest. */
  readonly peakHourUtc: number;
  /** Standard deviation of the wandering around the daily curve, relative to it. */
  readonly wander: number;
  readonly random: Random;
}

const dayMs = 86_400_000;
/** How long the load remembers where it wandered to. */
const memoryS = 120;
const keep = Math.exp(-1 / memoryS);
const renew = Math.sqrt(1 - keep * keep);

/** Load of one tier in one region, second by second: a sinusoid of 24 h times a slowly wandering factor. */
export class LoadCurve {
  readonly #options: LoadCurveOptions;
  #wandered: number;

  constructor(options: LoadCurveOptions) {
    this.#options = options;
    this.#wandered = options.random.normal();
  }

  /** To be asked once a second, in order. */
  next(timeMs: number): number {
    const { mean, swing, peakHourUtc, wander, random } = this.#options;
    this.#wandered = keep * this.#wandered + renew * random.normal();
    const phase = (timeMs / dayMs - peakHourUtc / 24) * 2 * Math.PI;
    return Math.max(0, (mean + swing * Math.cos(phase)) * (1 + wander * this.#wandered));
  }
}
