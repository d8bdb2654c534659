import { Agent, get } from 'node:http';
import { waitHeader } from './loaded-host.ts';

export interface PoissonLoadOptions {
  /** Of the balancer. */
  readonly port: number;
  readonly arrivalsPerS: number;
  /** One draw of an exponential of this mean. */
  readonly exponential: (mean: number) => number;
}

/** One answered request as its user met it. */
export interface Hit {
  readonly host: string;
  /** When it was answered, ms since 1970. */
  readonly atMs: number;
  readonly latencyMs: number;
  /** The part of it that was spent waiting for a server of the host. */
  readonly waitMs: number;
}

/** Users: requests through the balancer at the times of a Poisson process, whatever becomes of those before. */
export class PoissonLoad {
  readonly hits: Hit[] = [];
  failed = 0;
  readonly #options: PoissonLoadOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  #nextMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PoissonLoadOptions) {
    this.#options = options;
    this.#send();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#agent.destroy();
  }

  /** All that are due: a late timer leaves none out. */
  #send(): void {
    const { arrivalsPerS, exponential } = this.#options;
    while (this.#nextMs <= performance.now()) {
      this.#ask();
      this.#nextMs += exponential(1_000 / arrivalsPerS);
    }
    this.#timer = setTimeout(() => this.#send(), this.#nextMs - performance.now());
  }

  #ask(): void {
    const sentMs = performance.now();
    get({ host: '127.0.0.1', port: this.#options.port, agent: this.#agent }, (response) => {
      let host = '';
      response.on('data', (chunk: Buffer) => {
        host += chunk.toString();
      });
      response.on('end', () => {
        if (response.statusCode !== 200) {
          this.failed++;
          return;
        }
        const waitMs = Number(response.headers[waitHeader]);
        this.hits.push({ host, atMs: Date.now(), latencyMs: performance.now() - sentMs, waitMs });
      });
      response.on('error', () => this.failed++);
    }).on('error', () => this.failed++);
  }
}

/** Highest mean over the answers of `windowMs`, looked at with every answer; undefined without a full window. */
export function worstMean(
  hits: readonly Hit[],
  { windowMs, value }: { readonly windowMs: number; readonly value: (hit: Hit) => number },
): number | undefined {
  const sorted = [...hits].sort((a, b) => a.atMs - b.atMs);
  let [first, sum, worst] = [0, 0, Number.NEGATIVE_INFINITY];
  const startMs = sorted[0]?.atMs ?? 0;
  for (const [last, hit] of sorted.entries()) {
    sum += value(hit);
    for (; sorted[first]!.atMs <= hit.atMs - windowMs; first++) sum -= value(sorted[first]!);
    if (hit.atMs - startMs >= windowMs) worst = Math.max(worst, sum / (last - first + 1));
  }
  return Number.isFinite(worst) ? worst : undefined;
}
