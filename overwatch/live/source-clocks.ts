/**
 * Which seconds of one output partition are complete: those that every source has closed. Reading starts in the middle
 * of the log, so seconds at or before the first marker of any source are never called complete: some of their blocks
 * may lie before the start.
 */
export class SourceClocks {
  readonly #closedThroughMs = new Map<number, number>();
  #sources = 0;
  #trustedAfterMs = Number.NEGATIVE_INFINITY;

  /** Takes a marker; true when more seconds may have become complete. */
  close(marker: { readonly source: number; readonly sources: number; readonly closedThroughMs: number }): boolean {
    this.#sources = Math.max(this.#sources, marker.sources);
    const before = this.#closedThroughMs.get(marker.source);
    if (before === undefined) this.#trustedAfterMs = Math.max(this.#trustedAfterMs, marker.closedThroughMs);
    if (before !== undefined && before >= marker.closedThroughMs) return false;
    this.#closedThroughMs.set(marker.source, marker.closedThroughMs);
    return this.#closedThroughMs.size >= this.#sources;
  }

  /** Every second that ends at or before this moment is closed by all sources; −∞ while one has not spoken. */
  completeThroughMs(): number {
    if (this.#closedThroughMs.size < this.#sources || this.#sources === 0) return Number.NEGATIVE_INFINITY;
    return Math.min(...this.#closedThroughMs.values());
  }

  /** Seconds that end at or before this moment may lack blocks that were written before reading began. */
  trustedAfterMs(): number {
    return this.#trustedAfterMs;
  }
}
