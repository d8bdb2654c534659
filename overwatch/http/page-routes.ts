import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DynoError } from '../../base/errors.ts';
import { ownMetrics } from '../../base/own-metrics.ts';
import type { RouteContext } from './context.ts';
import { docsPage } from './docs-page.ts';

/** The page, its files, the documentation, and what machines ask: health, readiness, metrics. */
export function pageRoutes(app: FastifyInstance, context: RouteContext): void {
  const hidden = { schema: { hide: true } };
  app.get('/', hidden, (request, reply) => sendAsset(context, 'index.html', request, reply));
  app.get<{ Params: { name: string } }>('/assets/:name', hidden, (request, reply) =>
    sendAsset(context, request.params.name, request, reply),
  );
  app.get('/api/docs', hidden, (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(docsPage(app.swagger() as unknown as Parameters<typeof docsPage>[0])),
  );
  app.get('/api/openapi.json', { schema: { summary: 'This description, OpenAPI 3.1.' } }, async () => app.swagger());
  app.get('/healthz', { schema: { summary: '200 while the process answers.' } }, (_request, reply) =>
    reply.type('text/plain').send('ok\n'),
  );
  app.get(
    '/readyz',
    { schema: { summary: '200 when every part is ready, else 503 with the problems.' } },
    (_request, reply) => {
      const { ready, problems } = context.status();
      return reply.code(ready ? 200 : 503).send({ ready, problems });
    },
  );
  app.get('/metrics', { schema: { summary: 'Metrics of this process, Prometheus text.' } }, async (_request, reply) =>
    reply.type(ownMetrics.contentType).send(await ownMetrics.metrics()),
  );
}

function sendAsset(context: RouteContext, name: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const asset = context.assets.get(name);
  if (asset === undefined) {
    if (context.assets.size === 0)
      throw new DynoError(
        'DYNO_OVERWATCH_PAGE_MISSING',
        'the web page is not built; run "npm run build" and start again',
      );
    throw new DynoError('DYNO_OVERWATCH_FILE_NOT_FOUND', `the page has no file "${name.slice(0, 100)}"`);
  }
  reply.header('etag', asset.etag).header('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
  return reply.type(asset.contentType).send(asset.body);
}
