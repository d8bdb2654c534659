import { type Dwell, type LoadSecond, type LoadSums, noLoad, withSecond } from './dwell.ts';
import { LoadLevels, type LoadLevelsState } from './load-levels.ts';

/** One second of one host whose load nobody has raised. */
export interface NaturalSecond extends LoadSecond {
  readonly host: string;
}

/** Blocks so long that a queue has forgotten one in the next, whatever natural load it has: minutes of the clock. */
const blockMs = 60_000;
/** A block that lacks more seconds than this is none: its host was on a panel, silent or not well. */
const missingSecondsMax = 5;
/** Units are groups of hosts, so that what hosts differ by is in the interval; of few hosts every n-th minute too. */
const unitsOfLevel = 8;

interface OpenBlock {
  readonly minute: number;
  readonly sums: LoadSums;
  /** Load of the block before it, if that was whole and of the minute before. */
  readonly loadBefore: number | undefined;
  readonly unit: number;
}

/**
 * What the tier's own swing says of one kind of host (generation, build): sums by load. Two things make it honest.
 * A block counts for the load that its host had in the minute before: sorted by its own hits, a block that had more of
 * them by chance would stand among those whose load was higher, and curves would look flatter than they are. And units
 * are groups of hosts, never single seconds, which hang together. Memory: 32 levels of 8 units, and a block a host.
 */
export class NaturalLoad {
  readonly #levels: LoadLevels;
  readonly #open = new Map<string, OpenBlock>();
  #minute = Number.NEGATIVE_INFINITY;
  #hostsSeen = 0;

  constructor(kept?: LoadLevelsState) {
    this.#levels = new LoadLevels(unitsOfLevel, kept);
  }

  /** A complete second of the hosts of this kind that may count, in the order of time. */
  take(timeMs: number, seconds: readonly NaturalSecond[]): void {
    const minute = minuteOf(timeMs);
    if (minute !== this.#minute) this.#nextMinute(minute);
    for (const second of seconds) {
      const open = this.#open.get(second.host) ?? this.#begun(minute);
      this.#open.set(second.host, { ...open, sums: withSecond(open.sums, second) });
    }
  }

  dwells(): Dwell[] {
    return this.#levels.dwells();
  }

  /** Open blocks are not kept: a restart loses up to two minutes. */
  state(): LoadLevelsState {
    return this.#levels.state();
  }

  #begun(minute: number): OpenBlock {
    return { minute, sums: noLoad, loadBefore: undefined, unit: this.#hostsSeen++ };
  }

  /** Closes all blocks and opens those of this minute. Hosts that were silent for a whole one are forgotten. */
  #nextMinute(minute: number): void {
    this.#minute = minute;
    this.#levels.advance(minute * blockMs);
    const rotates = this.#open.size < unitsOfLevel;
    for (const [host, open] of this.#open) {
      const { sums, loadBefore, unit } = open;
      if (sums.seconds === 0) {
        this.#open.delete(host);
        continue;
      }
      const isWhole = isWholeMinute(sums.seconds) && sums.hits > 0;
      if (isWhole && loadBefore !== undefined) this.#levels.add(loadBefore, rotates ? unit + open.minute : unit, sums);
      const follows = isWhole && minute === open.minute + 1;
      this.#open.set(host, { minute, sums: noLoad, loadBefore: follows ? sums.hits / sums.seconds : undefined, unit });
    }
  }
}

/** Seconds are (start, end]: the one that ends with a full minute is the last of it. */
export const minuteOf = (timeMs: number): number => Math.ceil(timeMs / blockMs) - 1;

export const isWholeMinute = (seconds: number): boolean => seconds >= blockMs / 1_000 - missingSecondsMax;
