import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type QueryFormat, queryFormats } from '../read-only-query.ts';
import { errorSchema, savedQueriesSchema } from './api-schemas.ts';
import type { RouteContext } from './context.ts';

const fileEndings: Partial<Record<QueryFormat, string>> = { CSV: 'csv', Parquet: 'parquet' };

interface QueryParameters {
  readonly sql: string;
  readonly format: QueryFormat;
  readonly download?: boolean;
  readonly [param: `param_${string}`]: string;
}

/** Read-only SQL for analysts, and the questions that are already written. */
export function queryRoutes(app: FastifyInstance, context: RouteContext): void {
  app.get<{ Querystring: QueryParameters }>(
    '/api/query',
    {
      schemaErrorFormatter: wrongParameter,
      schema: {
        summary: 'Runs one read-only SQL statement on ClickHouse, with limits on rows, time and memory.',
        description:
          'Values of {name:Type} in the SQL are given as param_name=value. Tables and views are in the database dynoscope.',
        querystring: Type.Object(
          {
            sql: Type.String({ description: 'One SELECT, SHOW, DESCRIBE or EXPLAIN.' }),
            format: Type.Optional(Type.Enum([...queryFormats], { default: 'JSONCompact' })),
            download: Type.Optional(Type.Boolean({ description: 'Answer as a file to save.' })),
          },
          { additionalProperties: Type.String() },
        ),
        response: {
          200: { description: 'The answer in the format asked for.', type: 'string' },
          400: { description: 'Bad SQL, or a limit was met.', ...errorSchema },
          403: { description: 'The statement would write.', ...errorSchema },
          503: { description: 'ClickHouse is away, or busy.', ...errorSchema },
          504: { description: 'The query took too long.', ...errorSchema },
        },
      },
    },
    async (request, reply) => {
      const { sql, format, download } = request.query;
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const answer = await context.queries({ sql, format, params: paramsOf(request.query), signal: gone.signal });
      if (download === true)
        reply.header('content-disposition', `attachment; filename="dynoscope.${fileEndings[format] ?? 'json'}"`);
      return reply.header('cache-control', 'no-store').type(answer.contentType).send(answer.body);
    },
  );
  app.get(
    '/api/queries',
    {
      schema: {
        summary: 'Saved queries: question, SQL and parameters.',
        response: { 200: { description: 'The queries, by name.', ...savedQueriesSchema } },
      },
    },
    async () => context.savedQueries,
  );
}

function wrongParameter(errors: readonly { instancePath: string; message?: string }[]): Error {
  const isFormat = errors.some(({ instancePath }) => instancePath === '/format');
  if (isFormat) return new Error(`format is none of those that are offered; expected ${queryFormats.join(', ')}`);
  return new Error(errors.map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`.trim()).join(', '));
}

const paramsOf = (query: QueryParameters): Record<string, string> =>
  Object.fromEntries(
    Object.entries(query)
      .filter(([name]) => name.startsWith('param_'))
      .map(([name, value]) => [name.slice('param_'.length), String(value)]),
  );
