import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance } from 'fastify';
import { type Clock, systemClock } from '../base/clock.ts';
import { DynoError, messageOf } from '../base/errors.ts';
import { logLines } from '../base/log-lines.ts';
import { removeApiFile, writeApiFile } from './api-file.ts';
import type { SavedQuery } from './api-types.ts';
import type { RouteContext, WriteRoute } from './http/context.ts';
import { errorAnswer } from './http/error-status.ts';
import { fleetRoutes } from './http/fleet-routes.ts';
import { guardRequest } from './http/host-guard.ts';
import { loadTestRoutes } from './http/load-test-routes.ts';
import { readPageAssets } from './http/page-assets.ts';
import { pageRoutes } from './http/page-routes.ts';
import { queryGate } from './http/query-gate.ts';
import { queryRoutes } from './http/query-routes.ts';
import { securityHeaders } from './http/security-headers.ts';
import { StreamHub } from './http/stream-hub.ts';
import { writeRoutes } from './http/write-routes.ts';
import { tierTable } from './live/tier-table.ts';
import type { LiveFleet } from './live-fleet.ts';
import type { ReadOnlyQuery } from './read-only-query.ts';
import type { StatusReport } from './status-report.ts';

export interface OverwatchOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** `api.json` with address and token is kept here while the server runs. */
  readonly dataDir: string;
  readonly version: string;
  readonly live: LiveFleet;
  readonly queries: ReadOnlyQuery;
  readonly savedQueries?: readonly SavedQuery[];
  readonly status: () => StatusReport;
  /** Tiers that load tests may steer; undefined = nothing says which: no `loadtests.yaml`, no simulated fleet. */
  readonly steeredTiers?: readonly string[] | undefined;
  readonly writes?: readonly WriteRoute[];
  readonly clock?: Clock;
}

export interface Overwatch {
  /** Where people open it: `http://127.0.0.1:8080`. */
  readonly url: string;
  close(): Promise<void>;
}

const lines = logLines('overwatch');
const assetsFolder = fileURLToPath(new URL('web/assets/', import.meta.url));
/** One table serves everyone who asks within this time. */
const tableReuseMs = 250;

/** Starts the HTTP server: page, API, live stream. */
export async function startOverwatch(options: OverwatchOptions): Promise<Overwatch> {
  const token = randomBytes(32).toString('base64url');
  const { app, stream } = await overwatchApp(options, token);
  const url = await listen(app, options);
  await writeApiFile(options.dataDir, { url, token, pid: process.pid });
  return {
    url,
    close: async () => {
      stream.close();
      await removeApiFile(options.dataDir, token);
      await app.close();
    },
  };
}

/** The server without its socket: tests inject requests into it. */
export async function overwatchApp(
  options: OverwatchOptions,
  token: string,
): Promise<{ app: FastifyInstance; stream: StreamHub }> {
  const app = fastify({
    logger: false,
    bodyLimit: 8_000_000,
    routerOptions: { maxParamLength: 500 },
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false } },
  });
  // Schemas describe the answers and tests validate them; writing JSON needs no second opinion on each answer.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    const { host, origin, authorization } = request.headers;
    guardRequest(
      { method: request.method, host, origin, authorization },
      { listenHost: options.host, machineName: hostname(), token },
    );
  });
  app.setErrorHandler((error, request, reply) => {
    const answer = errorAnswer(error);
    if (answer.status === 500)
      lines.error(
        { event: 'request_failed', url: request.url.slice(0, 500), reason: messageOf(error) },
        'A request failed.',
      );
    return reply.code(answer.status).send(answer.body);
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      code: 'DYNO_OVERWATCH_ROUTE_NOT_FOUND',
      message: `there is no ${request.method} ${request.url.split('?')[0]?.slice(0, 200)}; /api/docs lists what there is`,
    }),
  );
  await app.register(swagger, { openapi: openApiHead(options.version) });
  const context = routeContext(options);
  app.after(() => {
    for (const routes of [fleetRoutes, queryRoutes, loadTestRoutes, writeRoutes, pageRoutes]) routes(app, context);
  });
  await app.ready();
  return { app, stream: context.stream };
}

function routeContext(options: OverwatchOptions): RouteContext {
  const clock = options.clock ?? systemClock;
  let madeAtMs = Number.NEGATIVE_INFINITY;
  let made = '';
  const tiersJson = (): string => {
    if (clock.monotonicMs() - madeAtMs < tableReuseMs) return made;
    made = JSON.stringify(tierTable(options.live, clock.nowMs()));
    madeAtMs = clock.monotonicMs();
    return made;
  };
  return {
    clock,
    live: options.live,
    queries: queryGate({ queries: options.queries }),
    savedQueries: options.savedQueries ?? [],
    status: options.status,
    stream: new StreamHub({
      clock,
      snapshotJson: () => `{"tiers":${tiersJson()},"status":${JSON.stringify(options.status())}}`,
    }),
    assets: readPageAssets(assetsFolder),
    writes: options.writes ?? [],
    tiersJson,
    steeredTiers: options.steeredTiers,
    thisHost: options.live.options.thisHost,
  };
}

const openApiHead = (version: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'Overwatch',
    version,
    description: 'Live tiers and hosts, status of the pipeline, read-only SQL. JSON; times are ms since 1970.',
  },
  components: { securitySchemes: { token: { type: 'http' as const, scheme: 'bearer' } } },
});

async function listen(app: FastifyInstance, { host, port }: OverwatchOptions): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw listenError(cause, { host, port });
  }
  const address = app.server.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${boundPort}`;
}

function listenError(cause: unknown, { host, port }: { host: string; port: number }): DynoError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE')
    return new DynoError(
      'DYNO_OVERWATCH_PORT_TAKEN',
      `port ${port} on ${host} is taken by another program, so Overwatch cannot listen there; ` +
        `stop that program ("ss -ltnp sport = :${port}" shows it) or choose another port with --port (0 = any free one)`,
      { cause, details: { host, port } },
    );
  return new DynoError(
    'DYNO_OVERWATCH_CANNOT_LISTEN',
    `Overwatch cannot listen on ${host}:${port}: ${messageOf(cause)}; choose another address or port`,
    { cause, details: { host, port } },
  );
}
