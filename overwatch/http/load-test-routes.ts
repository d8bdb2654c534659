import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { hostUtilization } from '../load-tests/host-utilization.ts';
import { loadTestSeries } from '../load-tests/load-test-series.ts';
import { loadTestsReport } from '../load-tests/load-tests-report.ts';
import { queryRows } from '../load-tests/query-rows.ts';
import { errorSchema } from './api-schemas.ts';
import type { RouteContext } from './context.ts';
import { loadTestSeriesSchema, loadTestsReportSchema } from './load-test-schemas.ts';

/** One report serves everyone who asks within this time. */
const reportReuseMs = 1_000;
/** Windows of hosts are new every 10 s, and there are many of them. */
const utilizationReuseMs = 5_000;

/** Live load tests: what they do, how they ended, what they found. */
export function loadTestRoutes(app: FastifyInstance, context: RouteContext): void {
  const { clock, steeredTiers } = context;
  const rows = queryRows(context.queries);
  const monotonicMs = () => clock.monotonicMs();
  const utilization = reused(monotonicMs, utilizationReuseMs, () => hostUtilization(rows));
  const report = reused(monotonicMs, reportReuseMs, () =>
    loadTestsReport({ rows, steered: steeredTiers, nowMs: clock.nowMs(), utilization }),
  );
  app.get(
    '/api/loadtests',
    {
      schema: {
        summary:
          'Live load tests: steered tiers with their newest decision, the last 20 tests, capacity and utilization by generation.',
        response: { 200: { description: 'The report.', ...loadTestsReportSchema }, 503: away },
      },
    },
    report,
  );
  app.get<{ Params: { tier: string } }>(
    '/api/loadtests/:tier/series',
    {
      schema: {
        summary: 'The last 15 minutes of the load-test controller of a tier, one point a decision, gaps as null.',
        params: Type.Object({ tier: Type.String({ minLength: 1, maxLength: 500 }) }),
        response: {
          200: { description: 'Columns of equal length; empty = no decision.', ...loadTestSeriesSchema },
          503: away,
        },
      },
    },
    (request) => loadTestSeries(rows, request.params.tier),
  );
}

const away = { description: 'ClickHouse is away, or busy.', ...errorSchema };

function reused<T>(nowMs: () => number, reuseMs: number, make: () => Promise<T>): () => Promise<T> {
  let madeAtMs = Number.NEGATIVE_INFINITY;
  let made: Promise<T> | undefined;
  return () => {
    if (made === undefined || nowMs() - madeAtMs >= reuseMs) {
      madeAtMs = nowMs();
      made = make();
    }
    return made;
  };
}
