import { type Dwell, type LoadSums, mergeSums, noLoad } from './dwell.ts';

/** Sums of the times in which the load was about the same, by unit. Plain values, so they go to a state topic. */
export interface LoadLevel {
  /** Loads of level n lie around 1.05 ** n hits/s. */
  readonly level: number;
  readonly units: readonly LoadSums[];
}

export interface LoadLevelsState {
  readonly levels: readonly LoadLevel[];
  /** Event time that the sums are decayed to, ms since 1970; undefined before the first. */
  readonly decayedMs: number | undefined;
}

/** Width of a level; a curve bends little over 5 % of the load. */
const levelRatio = 1.05;
/** A day's swing of one to three are 23 levels. */
const levelsMax = 32;
/** A day, so that the night weighs about as much as the evening before it. */
const halfLifeMs = 86_400_000;
/** Levels with less than ten host minutes are not looked at, and with less than half of one forgotten. */
const levelSecondsMin = 600;
const forgottenSeconds = 30;

/** Load seen over days, by level of load: at most 32 levels of `units` sums, whose weight halves within a day. */
export class LoadLevels {
  readonly #units: number;
  readonly #levels = new Map<number, LoadSums[]>();
  #decayedMs: number | undefined;
  /** Levels that went because there were too many. */
  evicted = 0;

  constructor(units: number, kept?: LoadLevelsState) {
    this.#units = units;
    for (const { level, units: sums } of kept?.levels ?? []) this.#levels.set(level, [...sums]);
    this.#decayedMs = kept?.decayedMs;
  }

  /** Everything before it weighs less by then; a time that lies before the newest changes nothing. */
  advance(nowMs: number): void {
    const elapsedMs = this.#decayedMs === undefined ? 0 : nowMs - this.#decayedMs;
    if (this.#decayedMs === undefined || elapsedMs > 0) this.#decayedMs = nowMs;
    if (elapsedMs <= 0) return;
    const share = 0.5 ** (elapsedMs / halfLifeMs);
    for (const [level, units] of this.#levels) {
      const decayed = units.map((sums) => scaled(sums, share));
      if (secondsOf(decayed) < forgottenSeconds) this.#levels.delete(level);
      else this.#levels.set(level, decayed);
    }
  }

  /** Sums of one unit while its load was this. */
  add(hitsPerS: number, unit: number, sums: LoadSums): void {
    const level = levelOf(hitsPerS);
    let units = this.#levels.get(level);
    if (units === undefined) {
      units = Array.from({ length: this.#units }, () => noLoad);
      this.#levels.set(level, units);
    }
    units[unit % this.#units] = mergeSums(units[unit % this.#units]!, sums);
    if (this.#levels.size > levelsMax) this.#evict();
  }

  /** Loads that were there for long enough, the lowest first. */
  dwells(): Dwell[] {
    return [...this.#levels]
      .sort(([a], [b]) => a - b)
      .filter(([, units]) => secondsOf(units) >= levelSecondsMin)
      .map(([, units]) => ({ units: [...units] }));
  }

  state(): LoadLevelsState {
    const levels = [...this.#levels].map(([level, units]) => ({ level, units: [...units] }));
    return { levels, decayedMs: this.#decayedMs };
  }

  #evict(): void {
    const [least] = [...this.#levels].sort(([, a], [, b]) => secondsOf(a) - secondsOf(b));
    this.#levels.delete(least![0]);
    this.evicted++;
  }
}

const levelOf = (hitsPerS: number): number => Math.round(Math.log(hitsPerS) / Math.log(levelRatio));

/** The load that stands for all of the level that this one belongs to. */
export const levelHitsPerS = (hitsPerS: number): number => levelRatio ** levelOf(hitsPerS);

const secondsOf = (units: readonly LoadSums[]): number => units.reduce((sum, { seconds }) => sum + seconds, 0);

const scaled = ({ seconds, hits, durationMs, busyRatio, counts }: LoadSums, share: number): LoadSums => ({
  seconds: seconds * share,
  hits: hits * share,
  durationMs: durationMs * share,
  busyRatio: busyRatio * share,
  counts: { blocks: counts.blocks * share, hits: counts.hits * share, hitsSquared: counts.hitsSquared * share },
});
