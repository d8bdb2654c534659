import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostSample } from '../../agent/sample.ts';
import { counterIndex, counters } from '../../schemas/counters.ts';
import { ServiceQueue, type ServiceQueueOptions } from './service-queue.ts';

/** Of the answer: how long the hit waited for a server. The load generator reads it as the truth, nobody else does. */
export const waitHeader = 'x-wait-ms';

/** Wall time with parts of a millisecond; it never jumps. */
const nowMs = (): number => performance.timeOrigin + performance.now();

interface Served {
  readonly atMs: number;
  readonly durationMs: number;
}

/** One host: a real HTTP server whose answers take as long as the queue says, and what its agent would measure. */
export class LoadedHost {
  readonly host: string;
  readonly #queue: ServiceQueue;
  readonly #server: Server;
  #served: Served[] = [];
  #sequence = 0;

  constructor(host: string, queue: ServiceQueueOptions) {
    this.host = host;
    this.#queue = new ServiceQueue(queue);
    this.#server = createServer((_, response) => {
      const arrivedMs = nowMs();
      const { waitMs, endMs } = this.#queue.arrive(arrivedMs);
      response.setHeader(waitHeader, waitMs.toFixed(1));
      setTimeout(() => {
        const atMs = nowMs();
        this.#served.push({ atMs, durationMs: atMs - arrivedMs });
        response.end(host);
      }, endMs - arrivedMs);
    });
    // The balancer decides when a connection is over.
    this.#server.keepAliveTimeout = 0;
  }

  /** Answers its port. */
  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  /** What the agent publishes for the second that ends at `timeMs`: hits that were answered in it, busy CPU time. */
  second(timeMs: number): HostSample {
    const durations = this.#served
      .filter(({ atMs }) => atMs <= timeMs)
      .map(({ durationMs }) => durationMs)
      .sort((a, b) => a - b);
    this.#served = this.#served.filter(({ atMs }) => atMs > timeMs);
    const values = new Float64Array(counters.length).fill(Number.NaN);
    const put = (name: string, value: number): void => {
      values[counterIndex.get(name)!] = value;
    };
    put('requests_per_s', durations.length);
    put('errors_per_s', 0);
    put('cpu_busy_ratio', this.#queue.takeBusyRatio(timeMs));
    if (durations.length > 0) {
      put('duration_avg_ms', durations.reduce((sum, ms) => sum + ms, 0) / durations.length);
      put('duration_ms_p95', durations[Math.ceil(0.95 * durations.length) - 1]!);
    }
    return { host: this.host, timeMs, intervalMs: 1_000, sequence: this.#sequence++, values };
  }
}
