import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { capacityReport } from '../load-tests/capacity-report.ts';
import { hostUtilization } from '../load-tests/host-utilization.ts';
import { loadTestSeries } from '../load-tests/load-test-series.ts';
import { loadTestsReport } from '../load-tests/load-tests-report.ts';
import { queryRows } from '../load-tests/query-rows.ts';
import { errorSchema } from './api-schemas.ts';
import type { RouteContext } from './context.ts';
import { capacityReportSchema, loadTestSeriesSchema, loadTestsReportSchema } from './load-test-schemas.ts';
import { reuseAnswers } from './reuse-answers.ts';

/** One report serves everyone who asks within this time. */
const reportReuseMs = 1_000;
/** Windows of hosts are new every 10 s, and there are many of them. */
const utilizationReuseMs = 5_000;
/** Every server of a tier may ask, and a result comes once in hours. */
const capacityReuseMs = 10_000;
const capacityTiersMax = 1_000;

/** Live load tests: what they do, how they ended, what they found. */
export function loadTestRoutes(app: FastifyInstance, context: RouteContext): void {
  const { clock, steeredTiers } = context;
  const rows = queryRows(context.queries);
  const monotonicMs = (): number => clock.monotonicMs();
  const utilization = reuseAnswers({
    monotonicMs,
    reuseMs: utilizationReuseMs,
    keysMax: 1,
    make: () => hostUtilization(rows),
  });
  const report = reuseAnswers({
    monotonicMs,
    reuseMs: reportReuseMs,
    keysMax: 1,
    make: () =>
      loadTestsReport({ rows, steered: steeredTiers, nowMs: clock.nowMs(), utilization: () => utilization('') }),
  });
  const capacity = reuseAnswers({
    monotonicMs,
    reuseMs: capacityReuseMs,
    keysMax: capacityTiersMax,
    make: (tier) => capacityReport({ rows, tier, nowMs: clock.nowMs() }),
  });
  app.get(
    '/api/loadtests',
    {
      schema: {
        summary:
          'Live load tests: steered tiers with their newest decision, the last 20 tests, capacity and utilization by generation.',
        response: { 200: { description: 'The report.', ...loadTestsReportSchema }, 503: away },
      },
    },
    () => report(''),
  );
  app.get<{ Querystring: { tier: string } }>(
    '/api/capacity',
    {
      schema: {
        summary:
          'What one host of a tier can take: newest result of load tests by generation and build, newest first. ' +
          'Servers ask it for their load reports; an answer is up to 10 s old.',
        querystring: Type.Object({ tier: Type.String({ minLength: 1, maxLength: 500 }) }),
        response: {
          200: { description: 'The results; empty = no load test of this tier found one.', ...capacityReportSchema },
          503: away,
        },
      },
    },
    (request) => capacity(request.query.tier),
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
