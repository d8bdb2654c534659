import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { command } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { EngineStatements } from './engine-statements.ts';

/** How an insert may fare on its way. `counts` says how often each has happened. */
export type InsertFault =
  /** The connection breaks when the whole request has been received; nothing is applied. */
  | 'reset_before'
  /** It is applied, then the connection breaks. */
  | 'answer_lost'
  /** 503 from something in front of the server. */
  | 'unavailable'
  /** The server's own refusal while it cannot merge fast enough. */
  | 'too_many_parts';

export interface HttpEngineOptions {
  readonly dataDir: string;
  /** Default 0: any free one. */
  readonly port?: number;
}

/**
 * The real ClickHouse engine of this process behind ClickHouse's HTTP interface on the loopback, as far as
 * `@clickhouse/client` uses it, with faults on the way. An insert is handed on as it came: its table, columns, format,
 * bytes and settings, deduplication token among them. Of other statements only `readonly` and parameters are looked at.
 */
export class HttpEngine {
  /** The same engine without HTTP between: what a test looks at. */
  readonly clickHouse: ClickHouse;
  readonly counts = { applied: 0, reset_before: 0, answer_lost: 0, unavailable: 0, too_many_parts: 0 };
  readonly #statements: EngineStatements;
  #server: Server | undefined;
  #port: number;
  #nextFaults: InsertFault[] = [];
  #standingFault: InsertFault | undefined;

  static async start({ dataDir, port = 0 }: HttpEngineOptions): Promise<HttpEngine> {
    const clickHouse = await openClickHouse({ url: undefined, user: '', password: '', dataDir });
    // A server's default database engine knows the tables' engines; the embedded engine's must be named.
    await command(clickHouse, 'CREATE DATABASE IF NOT EXISTS dynoscope ENGINE = Atomic');
    const engine = new HttpEngine(clickHouse, new EngineStatements(clickHouse, dataDir), port);
    await engine.comeBack();
    return engine;
  }

  private constructor(clickHouse: ClickHouse, statements: EngineStatements, port: number) {
    this.clickHouse = clickHouse;
    this.#statements = statements;
    this.#port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The next inserts meet these, in this order, each once. */
  meetNext(...faults: readonly InsertFault[]): void {
    this.#nextFaults.push(...faults);
  }

  /** Every insert meets this from now on; undefined = none any more. */
  meetAlways(fault: InsertFault | undefined): void {
    this.#standingFault = fault;
  }

  /** Faults given to `meetNext` that nothing has met yet. */
  get faultsLeft(): number {
    return this.#nextFaults.length;
  }

  /** Nobody listens any more: open connections break, new ones are refused. What was received is still applied. */
  async leave(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** Listens again, on the port that it had. */
  async comeBack(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await this.leave();
    await this.#statements.close();
    await this.clickHouse.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const received = await buffer(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(received) : received;
    if (pathname === '/ping') {
      response.end('Ok.\n');
      return;
    }
    const sql = searchParams.get('query') ?? '';
    if (!/^\s*INSERT\s/i.test(sql)) {
      const answer = await this.#statements.run(
        sql === '' ? body.toString() : `${sql}\n${body.toString()}`,
        searchParams,
      );
      respond(response, answer);
      return;
    }
    const fault = this.#nextFaults.shift() ?? this.#standingFault;
    if (fault !== undefined) this.counts[fault]++;
    if (fault === 'reset_before') request.socket.resetAndDestroy();
    else if (fault === 'unavailable')
      respond(response, { status: 503, body: Buffer.from('upstream is not available\n') });
    else if (fault === 'too_many_parts') respond(response, tooManyParts);
    else {
      const answer = await this.#statements.insert(sql, body, searchParams);
      if (answer.status === 200) this.counts.applied++;
      if (fault === 'answer_lost') request.socket.resetAndDestroy();
      else respond(response, answer);
    }
  }
}

export interface EngineAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Number of the engine's error, as the header says it. */
  readonly exception?: number;
}

const tooManyParts: EngineAnswer = {
  status: 500,
  exception: 252,
  body: Buffer.from(
    'Code: 252. DB::Exception: Too many parts (3000 with average size of 1.00 KiB). Merges are processing significantly slower than inserts. (TOO_MANY_PARTS)\n',
  ),
};

function respond(response: ServerResponse, { status, body, exception }: EngineAnswer): void {
  response.statusCode = status;
  if (exception !== undefined) response.setHeader('X-ClickHouse-Exception-Code', exception);
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.end(body);
}
