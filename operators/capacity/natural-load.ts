import { blockS, type Dwell, type LoadSecond, type LoadSums, noLoad, withBlock, withSecond } from './dwell.ts';
import { LoadLevels, type LoadLevelsState, levelHitsPerS } from './load-levels.ts';

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
  /** Hits of its whole spells of `blockS` seconds, and of the one that is open. */
  readonly spells: readonly number[];
  readonly spell: { readonly seconds: number; readonly hits: number };
}

const noSpell = { seconds: 0, hits: 0 };

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
      this.#open.set(second.host, withSecondOfBlock(open, second, timeMs));
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
    return { ...emptyBlock(minute), loadBefore: undefined, unit: this.#hostsSeen++ };
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
      if (isWhole && loadBefore !== undefined)
        this.#levels.add(loadBefore, rotates ? unit + open.minute : unit, withSpells(open, loadBefore));
      const follows = isWhole && minute === open.minute + 1;
      this.#open.set(host, {
        ...emptyBlock(minute),
        loadBefore: follows ? sums.hits / sums.seconds : undefined,
        unit,
      });
    }
  }
}

const emptyBlock = (minute: number) => ({ minute, sums: noLoad, spells: [], spell: noSpell });

function withSecondOfBlock(open: OpenBlock, second: NaturalSecond, timeMs: number): OpenBlock {
  const spell = { seconds: open.spell.seconds + 1, hits: open.spell.hits + second.hitsPerS };
  const sums = withSecond(open.sums, second);
  if (Math.round(timeMs / 1_000) % blockS !== 0) return { ...open, sums, spell };
  const spells = spell.seconds === blockS ? [...open.spells, spell.hits] : open.spells;
  return { ...open, sums, spells, spell: noSpell };
}

/**
 * How evenly hits came within the minute, told as of the load of its level: minutes of a level have not quite the same
 * load, which is no unevenness of arrivals. Their own mean costs a minute one of its spells.
 */
function withSpells({ sums, spells }: OpenBlock, loadBefore: number): LoadSums {
  const mean = spells.reduce((sum, hits) => sum + hits, 0) / spells.length;
  if (spells.length < 2 || mean === 0) return sums;
  const wanted = blockS * levelHitsPerS(loadBefore);
  const stretch = Math.sqrt(spells.length / (spells.length - 1)) * Math.sqrt(wanted / mean);
  return spells.reduce((told, hits) => withBlock(told, wanted + stretch * (hits - mean)), sums);
}

/** Seconds are (start, end]: the one that ends with a full minute is the last of it. */
export const minuteOf = (timeMs: number): number => Math.ceil(timeMs / blockMs) - 1;

export const isWholeMinute = (seconds: number): boolean => seconds >= blockMs / 1_000 - missingSecondsMax;
