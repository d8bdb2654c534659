import type { TierTruth } from '../../simulate/loadtest/tier-telemetry.ts';

const windowS = 10;

/** What users of the panel went through: true mean waits over ten seconds, each second anew. */
export class ContentionScore {
  readonly #window: TierTruth[] = [];
  #maxMs = 0;
  #over100 = 0;
  #over150 = 0;

  add(second: TierTruth): void {
    this.#window.push(second);
    if (this.#window.length > windowS) this.#window.shift();
    if (this.#window.length < windowS) return;
    const hits = this.#window.reduce((sum, { panelHits }) => sum + panelHits, 0);
    const meanMs = this.#window.reduce((sum, { panelWaitMs }) => sum + panelWaitMs, 0) / Math.max(1, hits);
    this.#maxMs = Math.max(this.#maxMs, meanMs);
    if (meanMs > 100) this.#over100++;
    if (meanMs > 150) this.#over150++;
  }

  result() {
    return { max_contention_ms: this.#maxMs, seconds_over_100: this.#over100, seconds_over_150: this.#over150 };
  }
}
