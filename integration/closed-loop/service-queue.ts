export interface ServiceQueueOptions {
  /** Logical CPUs: hits that are served at once. */
  readonly servers: number;
  /** Mean of the exponential service times. */
  readonly serviceMs: number;
  /** One draw of an exponential of this mean. */
  readonly exponential: (mean: number) => number;
}

export interface QueuedHit {
  readonly waitMs: number;
  /** When its service is over, by the clock of the arrivals. */
  readonly endMs: number;
}

const secondMs = 1_000;

/**
 * M/M/k, first come first served, in real time. A hit's end is fixed when it arrives, from the moments at which the
 * servers get free (Kiefer and Wolfowitz 1955): a timer that is late delays one answer and never the hits behind it, so
 * that the capacity of the queue stays the exact one on a busy machine too.
 */
export class ServiceQueue {
  readonly #options: ServiceQueueOptions;
  /** When each server gets free. */
  readonly #freeMs: number[];
  /** Time of servers that is or will be used, by the end of the second. */
  readonly #usedMs = new Map<number, number>();

  constructor(options: ServiceQueueOptions) {
    this.#options = options;
    this.#freeMs = Array.from({ length: options.servers }, () => Number.NEGATIVE_INFINITY);
  }

  /** Arrivals come in order of time. */
  arrive(nowMs: number): QueuedHit {
    const { exponential, serviceMs } = this.#options;
    const server = this.#freeMs.indexOf(Math.min(...this.#freeMs));
    const startMs = Math.max(nowMs, this.#freeMs[server]!);
    const endMs = startMs + exponential(serviceMs);
    this.#freeMs[server] = endMs;
    this.#use(startMs, endMs);
    return { waitMs: startMs - nowMs, endMs };
  }

  /** Share of the servers' time that was used in the second that ends here; forgets it and what was before. */
  takeBusyRatio(secondEndMs: number): number {
    const usedMs = this.#usedMs.get(secondEndMs) ?? 0;
    for (const endMs of this.#usedMs.keys()) if (endMs <= secondEndMs) this.#usedMs.delete(endMs);
    return usedMs / secondMs / this.#options.servers;
  }

  #use(startMs: number, endMs: number): void {
    for (let fromMs = startMs; fromMs < endMs; ) {
      const secondEndMs = (Math.floor(fromMs / secondMs) + 1) * secondMs;
      const toMs = Math.min(endMs, secondEndMs);
      this.#usedMs.set(secondEndMs, (this.#usedMs.get(secondEndMs) ?? 0) + toMs - fromMs);
      fromMs = toMs;
    }
  }
}
