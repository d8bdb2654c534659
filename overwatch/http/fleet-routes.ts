import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { DynoError } from '../../base/errors.ts';
import { tierHosts } from '../live/host-rows.ts';
import { tierSeries } from '../live/tier-table.ts';
import { errorSchema, statusSchema, tierHostsSchema, tierSeriesSchema, tierTableSchema } from './api-schemas.ts';
import type { RouteContext } from './context.ts';
import { securityHeaders } from './security-headers.ts';

const tierParams = Type.Object({ tier: Type.String({ minLength: 1, maxLength: 500 }) });
const json = 'application/json; charset=utf-8';

/** The fleet as it is now: tiers, hosts, status, stream. */
export function fleetRoutes(app: FastifyInstance, context: RouteContext): void {
  app.get(
    '/api/tiers',
    {
      schema: {
        summary: 'The tier table: one row a tier in its newest complete second.',
        response: { 200: { description: 'The table, most hosts first.', ...tierTableSchema } },
      },
    },
    async (_request, reply) => reply.type(json).send(context.tiersJson()),
  );
  app.get<{ Params: { tier: string } }>(
    '/api/tiers/:tier/series',
    {
      schema: {
        summary: 'The last 5 minutes of one tier, one point a second, gaps as null.',
        params: tierParams,
        response: { 200: { description: 'Columns of equal length.', ...tierSeriesSchema }, 404: unknownTierSchema },
      },
    },
    async (request) => tierSeries(context.live, request.params.tier) ?? unknownTier(request.params.tier),
  );
  app.get<{ Params: { tier: string }; Querystring: { limit: number } }>(
    '/api/tiers/:tier/hosts',
    {
      schema: {
        summary: 'Hosts of one tier with their newest values.',
        params: tierParams,
        querystring: Type.Object({
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 20_000, default: 2_000 })),
        }),
        response: { 200: { description: 'Hosts by name.', ...tierHostsSchema }, 404: unknownTierSchema },
      },
    },
    async (request) =>
      tierHosts(context.live, request.params.tier, { nowMs: context.clock.nowMs(), limit: request.query.limit }) ??
      unknownTier(request.params.tier),
  );
  app.get(
    '/api/status',
    {
      schema: {
        summary: 'How the whole program is: parts, hosts, stages, the ledger, problems.',
        response: { 200: { description: 'The report.', ...statusSchema } },
      },
    },
    async () => context.status(),
  );
  app.get(
    '/api/stream',
    {
      schema: {
        summary: 'Server-sent events: each second one event "snapshot" with {tiers, status}.',
        response: { 200: { description: 'text/event-stream', type: 'string' }, 503: streamFullSchema },
      },
    },
    async (_request, reply) => {
      context.stream.add(reply.raw, securityHeaders);
      return reply.hijack();
    },
  );
}

const unknownTierSchema = { description: 'No such tier.', ...errorSchema };
const streamFullSchema = { description: 'Too many pages follow the stream.', ...errorSchema };

function unknownTier(tier: string): never {
  throw new DynoError(
    'DYNO_OVERWATCH_TIER_NOT_FOUND',
    `no host of tier "${tier.slice(0, 100)}" was heard in the last minutes; /api/tiers lists those that were`,
  );
}
