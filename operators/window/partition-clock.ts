/** Distance kept from the newest event: records of one second may arrive in any order within it. */
const outOfOrderMs = 1_000;
/** A larger gap between two append times means the log was away: agents now send what they spooled. */
const gapMs = 5_000;
/** So long, in append time, nothing closes after a gap. */
const holdMs = 20_000;

export interface PartitionClockState {
  readonly watermarkMs: number | null;
  readonly highestMs: number | null;
  readonly holdUntilMs: number | null;
  readonly lastAppendMs: number | null;
}

/**
 * Event time of one partition. The watermark is the highest min(event, append) seen, less one second: a host with a
 * fast clock cannot push it. After a gap in append times it holds for 20 s of append time, so that every agent's spool
 * arrives before its windows close.
 */
export class PartitionClock {
  watermarkMs = Number.NEGATIVE_INFINITY;
  #highestMs = Number.NEGATIVE_INFINITY;
  #holdUntilMs = Number.NEGATIVE_INFINITY;
  #lastAppendMs = Number.POSITIVE_INFINITY;

  constructor(state?: PartitionClockState) {
    if (state === undefined) return;
    this.watermarkMs = state.watermarkMs ?? Number.NEGATIVE_INFINITY;
    this.#highestMs = state.highestMs ?? Number.NEGATIVE_INFINITY;
    this.#holdUntilMs = state.holdUntilMs ?? Number.NEGATIVE_INFINITY;
    this.#lastAppendMs = state.lastAppendMs ?? Number.POSITIVE_INFINITY;
  }

  /** Every record, before anything else is done with it. */
  noteAppend(appendMs: number): void {
    if (appendMs - this.#lastAppendMs > gapMs) this.#holdUntilMs = appendMs + holdMs;
    if (appendMs > this.#lastAppendMs || this.#lastAppendMs === Number.POSITIVE_INFINITY) this.#lastAppendMs = appendMs;
  }

  /** Decodable records that are not skewed, and ticks. True when the watermark moved. */
  noteEvent(eventMs: number, appendMs: number): boolean {
    this.#highestMs = Math.max(this.#highestMs, Math.min(eventMs, appendMs));
    return appendMs >= this.#holdUntilMs && this.#advance();
  }

  /** Ends a hold before its time: memory is bounded. True when the watermark moved. */
  release(): boolean {
    this.#holdUntilMs = Number.NEGATIVE_INFINITY;
    return this.#advance();
  }

  /** Whether the watermark stands behind what has been seen. */
  get holding(): boolean {
    return this.#highestMs - outOfOrderMs > this.watermarkMs;
  }

  state(): PartitionClockState {
    return {
      watermarkMs: finite(this.watermarkMs),
      highestMs: finite(this.#highestMs),
      holdUntilMs: finite(this.#holdUntilMs),
      lastAppendMs: finite(this.#lastAppendMs),
    };
  }

  #advance(): boolean {
    const candidateMs = this.#highestMs - outOfOrderMs;
    if (candidateMs <= this.watermarkMs) return false;
    this.watermarkMs = candidateMs;
    return true;
  }
}

const finite = (ms: number): number | null => (Number.isFinite(ms) ? ms : null);
