import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynoError, messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Log } from '../port.ts';
import type { Level } from './compatibility.ts';
import { Refusal } from './refusal.ts';
import { answer, type RegistryRequest } from './routes.ts';
import { SchemaStore } from './schema-store.ts';

const lines = logLines('log');
const bodyBytesMax = 2_000_000;
const contentType = 'application/vnd.schemaregistry.v1+json';

export interface RegistryOptions {
  readonly log: Log;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default `_schemas`, as Confluent's registry names it. */
  readonly topic?: string;
  /** Level of subjects without one. Default BACKWARD_TRANSITIVE: a reader of today reads everything a topic still holds. */
  readonly defaultLevel?: Level;
}

export interface RunningRegistry {
  readonly url: string;
  /** Answers what is under way, then stops listening. The log stays open. */
  close(): Promise<void>;
}

/** A schema registry that speaks Confluent's HTTP interface for Avro and keeps its schemas in the log. */
export async function startRegistry(options: RegistryOptions): Promise<RunningRegistry> {
  const { log, host = '127.0.0.1', port = 0, topic = '_schemas', defaultLevel = 'BACKWARD_TRANSITIVE' } = options;
  const store = await SchemaStore.open({ log, topic, defaultLevel });
  const server = createServer((request, response) => {
    serve(store, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  try {
    await listen(server, host, port);
  } catch (error) {
    await store.close();
    throw error;
  }
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await closed;
      await store.close();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      const message =
        `port ${port} of ${host}, where the schema registry should listen, is used by another program; ` +
        'stop that program or choose another port (0 = any free one)';
      return reject(new DynoError('DYNO_REGISTRY_PORT_TAKEN', message, { cause: error, details: { host, port } }));
    });
    server.listen(port, host, resolve);
  });
}

async function serve(store: SchemaStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const found = await answer(store, await parsed(request));
    if (found === undefined) throw new Refusal(404, 'HTTP 404 Not Found');
    send(response, 200, found);
  } catch (error) {
    if (error instanceof Refusal)
      return send(response, error.status, { error_code: error.errorCode, message: error.message });
    lines.error(
      { event: 'registry_request_failed', url: request.url, error: messageOf(error) },
      'The schema registry failed to answer.',
    );
    send(response, 500, { error_code: 50001, message: `Error in the backend data store: ${messageOf(error)}` });
  }
}

async function parsed(request: IncomingMessage): Promise<RegistryRequest> {
  const url = new URL(request.url ?? '/', 'http://registry');
  const body = await bodyOf(request);
  // A web page can send a form or plain text to this machine without asking; JSON it cannot.
  if (body.length > 0 && !/json/.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(415, 'HTTP 415 Unsupported Media Type: send application/json');
  }
  return {
    method: request.method ?? 'GET',
    parts: url.pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decoded),
    query: url.searchParams,
    body: body.length === 0 ? undefined : jsonOf(body),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Refusal(413, `The body is larger than ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new Refusal(400, `The body is not JSON: ${messageOf(error)}`);
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, `The path part ${part} is not encoded as a URL`);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const json = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': contentType, 'content-length': json.length });
  response.end(json);
}
