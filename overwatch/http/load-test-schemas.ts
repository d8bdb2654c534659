import { Type } from 'typebox';
import { count, numberOrNull, orNull, series, timeMs } from './api-schemas.ts';

const textOrNull = orNull(Type.String());
const estimate = { lambda100: numberOrNull, lo: numberOrNull, hi: numberOrNull };

const decision = Type.Object({
  time_ms: timeMs,
  phase: Type.String(),
  action: Type.String(),
  reason: Type.String(),
  rail: textOrNull,
  run_id: textOrNull,
  contention_ms: numberOrNull,
  target_hits_per_s: numberOrNull,
  hits_per_s: numberOrNull,
  factor: numberOrNull,
  ...estimate,
});

const run = Type.Object({
  run_id: Type.String(),
  started_ms: timeMs,
  ended_ms: timeMs,
  tier: Type.String(),
  generation: Type.String(),
  build: Type.String(),
  pool: Type.String(),
  panel_hosts: count,
  outcome: Type.String({ description: 'found, aborted, inconclusive, frozen, stopped or dry_run' }),
  rail: textOrNull,
  reason: Type.String(),
  ...estimate,
  seconds: count,
  max_contention_ms: Type.Number(),
  seconds_over_100: count,
  seconds_over_150: count,
});

const capacity = Type.Object({
  tier: Type.String(),
  generation: Type.String(),
  build: Type.String(),
  time_ms: timeMs,
  lambda100: Type.Number({ description: 'hits/s of one host at 100 ms of contention' }),
  lo: Type.Number(),
  hi: Type.Number(),
  rcu: numberOrNull,
  rcu_lo: numberOrNull,
  rcu_hi: numberOrNull,
  reference_build: textOrNull,
  bottleneck: Type.String(),
  extrapolated: Type.Boolean(),
});

const utilization = Type.Object({
  tier: Type.String(),
  generation: Type.String(),
  time_ms: timeMs,
  hosts: count,
  known_hosts: count,
  min: numberOrNull,
  median: orNull(Type.Number({ description: 'hits/s of a host over its capacity; 1 = hits wait 100 ms' })),
  max: numberOrNull,
  median_lo: numberOrNull,
  median_hi: numberOrNull,
  reason: textOrNull,
});

export const loadTestsReportSchema = Type.Object(
  {
    now_ms: timeMs,
    may_steer: Type.Boolean({ description: 'A loadtests.yaml, or the simulated fleet, says what may be steered.' }),
    tiers: Type.Array(Type.Object({ tier: Type.String(), is_steered: Type.Boolean(), decision: orNull(decision) })),
    runs: Type.Array(run),
    capacity: Type.Array(capacity),
    utilization: Type.Array(utilization),
  },
  { title: 'LoadTestsReport' },
);

export const capacityReportSchema = Type.Object(
  { now_ms: timeMs, tier: Type.String(), capacity: Type.Array(capacity) },
  { title: 'CapacityReport' },
);

export const loadTestSeriesSchema = Type.Object(
  {
    tier: Type.String(),
    time_ms: Type.Array(timeMs),
    contention_ms: series,
    target_hits_per_s: series,
    hits_per_s: series,
    factor: series,
  },
  { title: 'LoadTestSeries' },
);
