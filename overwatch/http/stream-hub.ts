import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import { ownCounter, ownGauge } from '../../base/own-metrics.ts';

export interface StreamHubOptions {
  readonly clock: Clock;
  /** The event of this second, already as JSON: made once, sent to all. */
  readonly snapshotJson: () => string;
  readonly intervalMs?: number;
  readonly clientsMax?: number;
  /** Bytes a client may leave unread before it is dropped; it will come back by itself and start afresh. */
  readonly unreadBytesMax?: number;
}

const clientsNow = ownGauge('dyno_overwatch_stream_clients', 'Pages that follow the live stream.');
const clientsDropped = ownCounter('dyno_overwatch_stream_dropped_total', 'Pages dropped because they read too slowly.');

/** Server-sent events: one snapshot a second to every page. Idle while nobody listens. */
export class StreamHub {
  readonly #clients = new Set<ServerResponse>();
  readonly #options: Required<StreamHubOptions>;
  #cancelNext: (() => void) | undefined;
  #closed = false;

  constructor(options: StreamHubOptions) {
    this.#options = { intervalMs: 1_000, clientsMax: 64, unreadBytesMax: 4_000_000, ...options };
  }

  /** Takes over the response of a request; throws before touching it when there are too many. */
  add(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    if (this.#closed || this.#clients.size >= this.#options.clientsMax)
      throw new DynoError(
        'DYNO_OVERWATCH_STREAM_FULL',
        `${this.#clients.size} pages follow the live stream already; close one, or read /api/tiers instead`,
        { retryable: true },
      );
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 1000\n\n');
    this.#clients.add(response);
    clientsNow.set(this.#clients.size);
    response.once('close', () => this.#remove(response));
    this.#send(response, this.#event());
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#cancelNext?.();
    for (const client of this.#clients) client.end();
    this.#clients.clear();
    clientsNow.set(0);
  }

  #remove(client: ServerResponse): void {
    this.#clients.delete(client);
    clientsNow.set(this.#clients.size);
  }

  #schedule(): void {
    if (this.#cancelNext !== undefined || this.#closed) return;
    this.#cancelNext = this.#options.clock.after(this.#options.intervalMs, () => {
      this.#cancelNext = undefined;
      if (this.#clients.size === 0) return;
      const event = this.#event();
      for (const client of this.#clients) this.#send(client, event);
      this.#schedule();
    });
  }

  #event(): string {
    return `event: snapshot\ndata: ${this.#options.snapshotJson()}\n\n`;
  }

  #send(client: ServerResponse, event: string): void {
    if (client.writableLength > this.#options.unreadBytesMax) {
      clientsDropped.inc();
      this.#remove(client);
      client.destroy();
      return;
    }
    client.write(event);
  }
}
