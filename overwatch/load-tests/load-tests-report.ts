import type { LoadTestDecision, LoadTestRunRow, LoadTestsReport, SteeredTier, UtilizationRow } from './api-types.ts';
import { capacityNowSql, capacityOf } from './capacity-report.ts';
import type { QueryRows, Row } from './query-rows.ts';

const runsShown = 20;

const decisionsSql = `SELECT tier, toUnixTimestamp64Milli(time) AS time_ms, phase, action, reason, rail, run_id,
  contention_ms, target_hits_per_s, hits_per_s, factor, lambda100, lo, hi
FROM dynoscope.loadtest_steps
WHERE time > now('UTC') - INTERVAL 1 HOUR
ORDER BY time DESC, record_offset DESC
LIMIT 1 BY tier`;

const runsSql = `SELECT run_id, toUnixTimestamp64Milli(started) AS started_ms, toUnixTimestamp64Milli(ended) AS ended_ms,
  tier, generation, build, pool, panel_hosts, outcome, rail, reason, lambda100, lo, hi,
  seconds, max_contention_ms, seconds_over_100, seconds_over_150
FROM dynoscope.v_loadtests
ORDER BY ended DESC, tier, run_id
LIMIT ${runsShown}`;

const capacitySql = `${capacityNowSql}
ORDER BY tier, generation, time DESC
LIMIT 1 BY tier, generation`;

export interface LoadTestsReportOptions {
  readonly rows: QueryRows;
  readonly utilization: () => Promise<readonly UtilizationRow[]>;
  /** Tiers that load tests may steer; undefined = nothing says which. */
  readonly steered: readonly string[] | undefined;
  readonly nowMs: number;
}

/** What load tests do now, how the last ones ended, and what they found. */
export async function loadTestsReport(options: LoadTestsReportOptions): Promise<LoadTestsReport> {
  const { rows, steered, nowMs } = options;
  const [decisions, runs, capacity, utilization] = await Promise.all([
    rows(decisionsSql),
    rows(runsSql),
    rows(capacitySql),
    options.utilization(),
  ]);
  return {
    now_ms: nowMs,
    may_steer: steered !== undefined,
    tiers: tiersOf(steered ?? [], decisions),
    runs: runs.map(runOf),
    capacity: capacity.map(capacityOf),
    utilization,
  };
}

function tiersOf(steered: readonly string[], decisions: readonly Row[]): readonly SteeredTier[] {
  const newest = new Map(decisions.map((row) => [row.text('tier'), decisionOf(row)]));
  const names = [...new Set([...steered, ...newest.keys()])].sort();
  return names.map((tier) => ({ tier, is_steered: steered.includes(tier), decision: newest.get(tier) ?? null }));
}

const decisionOf = (row: Row): LoadTestDecision => ({
  time_ms: row.number('time_ms'),
  phase: row.text('phase'),
  action: row.text('action'),
  reason: row.text('reason'),
  rail: row.textOrNull('rail'),
  run_id: row.textOrNull('run_id'),
  contention_ms: row.numberOrNull('contention_ms'),
  target_hits_per_s: row.numberOrNull('target_hits_per_s'),
  hits_per_s: row.numberOrNull('hits_per_s'),
  factor: row.numberOrNull('factor'),
  lambda100: row.numberOrNull('lambda100'),
  lo: row.numberOrNull('lo'),
  hi: row.numberOrNull('hi'),
});

const runOf = (row: Row): LoadTestRunRow => ({
  run_id: row.text('run_id'),
  started_ms: row.number('started_ms'),
  ended_ms: row.number('ended_ms'),
  tier: row.text('tier'),
  generation: row.text('generation'),
  build: row.text('build'),
  pool: row.text('pool'),
  panel_hosts: row.number('panel_hosts'),
  outcome: row.text('outcome'),
  rail: row.textOrNull('rail'),
  reason: row.text('reason'),
  lambda100: row.numberOrNull('lambda100'),
  lo: row.numberOrNull('lo'),
  hi: row.numberOrNull('hi'),
  seconds: row.number('seconds'),
  max_contention_ms: row.number('max_contention_ms'),
  seconds_over_100: row.number('seconds_over_100'),
  seconds_over_150: row.number('seconds_over_150'),
});
