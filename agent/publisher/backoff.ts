export interface BackoffOptions {
  readonly firstMs: number;
  readonly largestMs: number;
  /** 0 … 1, so that a fleet of agents does not come back in one wave. */
  readonly random: () => number;
}

/** Waiting times that double up to a bound, each spread over its upper half. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  nextMs(): number {
    const fullMs = Math.min(this.#options.largestMs, this.#options.firstMs * 2 ** Math.min(this.#failures++, 30));
    return fullMs * (0.5 + 0.5 * this.#options.random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
