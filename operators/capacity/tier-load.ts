import { type LoadSums, noLoad, pointOf, withSecond } from './dwell.ts';
import { LoadLevels, type LoadLevelsState } from './load-levels.ts';
import { isWholeMinute, minuteOf, type NaturalSecond } from './natural-load.ts';
import { fitUniversalScalability, type ScalabilityFit } from './universal-scalability.ts';

/**
 * What the tier's own swing says of all its hosts together: sums of minutes by the load of a host in the minute before
 * (why: `natural-load.ts`). Sums are host seconds, so that hosts that come and go do not look like another throughput.
 */
export class TierLoad {
  readonly #levels: LoadLevels;
  #minute = Number.NEGATIVE_INFINITY;
  #sums: LoadSums = noLoad;
  #secondsOfMinute = 0;
  #loadBefore: number | undefined;
  #hosts = 0;

  constructor(kept?: LoadLevelsState) {
    this.#levels = new LoadLevels(1, kept);
  }

  /** Hosts that counted in the newest second. */
  get hosts(): number {
    return this.#hosts;
  }

  take(timeMs: number, seconds: readonly NaturalSecond[]): void {
    const minute = minuteOf(timeMs);
    if (minute !== this.#minute) this.#nextMinute(minute);
    this.#secondsOfMinute++;
    this.#hosts = seconds.length;
    for (const second of seconds) this.#sums = withSecond(this.#sums, second);
  }

  /**
   * The Universal Scalability Law of a tier of the hosts that it has now, by Little's law: hits in it = hits/s × mean
   * duration. undefined while the load was not seen at six levels.
   */
  fit(): ScalabilityFit | undefined {
    const points = this.#levels.dwells().flatMap((dwell) => pointOf(dwell) ?? []);
    return fitUniversalScalability(
      points.map(({ hitsPerS, durationMs, hostSeconds }) => ({
        throughputHitsPerS: this.#hosts * hitsPerS,
        concurrency: (this.#hosts * hitsPerS * durationMs) / 1_000,
        weight: hostSeconds,
      })),
    );
  }

  state(): LoadLevelsState {
    return this.#levels.state();
  }

  #nextMinute(minute: number): void {
    const sums = this.#sums;
    const isWhole = isWholeMinute(this.#secondsOfMinute) && sums.hits > 0;
    this.#levels.advance(minute * 60_000);
    if (isWhole && this.#loadBefore !== undefined) this.#levels.add(this.#loadBefore, 0, sums);
    this.#loadBefore = isWhole && minute === this.#minute + 1 ? sums.hits / sums.seconds : undefined;
    this.#minute = minute;
    this.#sums = noLoad;
    this.#secondsOfMinute = 0;
  }
}
