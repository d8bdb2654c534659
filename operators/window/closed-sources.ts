import type { WindowMarker } from '../../schemas/blocks.ts';

/** Compact: sources are written as how far they are behind the furthest one. −1 = has closed nothing yet. */
export interface ClosedSourcesState {
  readonly furthestMs: number;
  readonly behindMs: readonly number[];
  readonly throughMs?: number;
}

/** How far each source has closed its windows of one length, and through when all of them have. */
export class ClosedSources {
  /** All sources have closed every window that ends at or before this. Never goes back. */
  throughMs: number | undefined;
  /** By source number; NaN = nothing yet. As long as the largest count of sources seen. */
  readonly #closedMs: number[] = [];

  constructor(state?: ClosedSourcesState) {
    if (state === undefined) return;
    this.#closedMs = state.behindMs.map((behind) => (behind < 0 ? Number.NaN : state.furthestMs - behind));
    this.throughMs = state.throughMs;
  }

  /** True when the marker moved `throughMs`. */
  note({ source, sources, closedThroughMs }: WindowMarker): boolean {
    while (this.#closedMs.length < Math.max(sources, source + 1)) this.#closedMs.push(Number.NaN);
    const known = this.#closedMs[source]!;
    if (closedThroughMs <= known) return false;
    this.#closedMs[source] = closedThroughMs;
    const through = Math.min(...this.#closedMs);
    if (Number.isNaN(through) || through <= (this.throughMs ?? Number.NEGATIVE_INFINITY)) return false;
    this.throughMs = through;
    return true;
  }

  /** Windows up to this one count as complete without some of their sources. */
  giveUpThrough(throughMs: number): void {
    this.throughMs = Math.max(throughMs, this.throughMs ?? throughMs);
  }

  state(): ClosedSourcesState {
    const closed = this.#closedMs.filter((ms) => !Number.isNaN(ms));
    const furthestMs = closed.length === 0 ? 0 : Math.max(...closed);
    const behindMs = this.#closedMs.map((ms) => (Number.isNaN(ms) ? -1 : furthestMs - ms));
    return { furthestMs, behindMs, ...(this.throughMs !== undefined && { throughMs: this.throughMs }) };
  }
}
