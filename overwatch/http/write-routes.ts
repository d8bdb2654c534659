import type { FastifyInstance } from 'fastify';
import { logLines } from '../../base/log-lines.ts';
import { errorSchema } from './api-schemas.ts';
import type { RouteContext } from './context.ts';

const lines = logLines('overwatch');

/** Writes that other commands make through the running program; the guard has checked token and origin before. */
export function writeRoutes(app: FastifyInstance, context: RouteContext): void {
  for (const write of context.writes) {
    app.post(
      `/api/${write.path}`,
      {
        schema: {
          summary: write.summary,
          security: [{ token: [] }],
          response: {
            401: { description: 'The token is missing or wrong.', ...errorSchema },
            403: { description: 'The write came from another site.', ...errorSchema },
          },
        },
      },
      async (request) => {
        const who = headerText(request.headers['x-dyno-user']) ?? request.ip;
        const answer = await write.run(request.body, who);
        lines.info({ event: 'write_done', path: write.path, who }, 'A write was made through the API.');
        return answer ?? {};
      },
    );
  }
}

const headerText = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined;
