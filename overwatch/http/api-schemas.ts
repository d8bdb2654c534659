import { Type } from 'typebox';

/** JSON schemas of what the API answers: OpenAPI is made from them, and tests validate the answers against them. */
export const count = Type.Integer({ minimum: 0 });
export const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
export const numberOrNull = orNull(Type.Number());
export const series = Type.Array(numberOrNull);
const reasons = Type.Record(Type.String(), Type.String(), { description: 'Why a value is null, by its name.' });
export const timeMs = Type.Number({ description: 'ms since 1970' });

export const errorSchema = Type.Object({ code: Type.String(), message: Type.String() }, { title: 'Error' });

const fiveNumbers = Type.Object(
  { p5: Type.Number(), p25: Type.Number(), p50: Type.Number(), p75: Type.Number(), p95: Type.Number() },
  { title: 'FiveNumbers' },
);

const tierRow = Type.Object({
  tier: Type.String(),
  service: Type.String(),
  hosts: count,
  simulated_hosts: count,
  unknown_origin_hosts: count,
  has_this_host: Type.Boolean(),
  regions: Type.Array(Type.String()),
  generations: Type.Array(Type.String()),
  rcu: numberOrNull,
  rcu_unknown_hosts: count,
  cpu: orNull(fiveNumbers),
  cpu_hosts: count,
  versus_reference: numberOrNull,
  hits_per_s: numberOrNull,
  latency_ms: numberOrNull,
  time_ms: timeMs,
  partial: Type.Boolean(),
  missing: reasons,
  spark: series,
});

const hostFields = {
  host: Type.String(),
  simulated: orNull(Type.Boolean()),
  this_host: Type.Boolean(),
  region: Type.String(),
  server_type: Type.String(),
  generation: Type.String(),
  pool: Type.String(),
  build: Type.String(),
  rcu: numberOrNull,
  time_ms: timeMs,
  age_s: Type.Number({ minimum: 0 }),
  metrics: Type.Record(Type.String(), numberOrNull),
  missing: reasons,
};
const hostRow = Type.Object(hostFields);

export const tierTableSchema = Type.Object(
  {
    now_ms: timeMs,
    time_ms: orNull(timeMs),
    reference: Type.Object({ service: Type.String(), cpu_p50: numberOrNull }),
    this_host: orNull(Type.Object({ ...hostFields, tier: Type.String() })),
    tiers: Type.Array(tierRow),
    partial_seconds: count,
    late_blocks: count,
  },
  { title: 'TierTable' },
);

export const tierHostsSchema = Type.Object(
  {
    tier: Type.String(),
    now_ms: timeMs,
    metrics: Type.Array(Type.String()),
    total: count,
    hosts: Type.Array(hostRow),
  },
  { title: 'TierHosts' },
);

export const tierSeriesSchema = Type.Object(
  {
    tier: Type.String(),
    service: Type.String(),
    time_ms: Type.Array(timeMs),
    hosts: series,
    cpu_p5: series,
    cpu_p25: series,
    cpu_p50: series,
    cpu_p75: series,
    cpu_p95: series,
    hits_per_s: series,
    latency_ms: series,
  },
  { title: 'TierSeries' },
);

const part = Type.Object({ kind: Type.String(), ok: Type.Boolean(), says: Type.Optional(Type.String()) });

const stage = Type.Object({
  name: Type.String(),
  tasks: count,
  position: Type.Optional(Type.Number()),
  lag_records: count,
  lag_s: Type.Number(),
  in: count,
  windowed: count,
  undecodable: count,
  skewed: count,
  late: count,
  duplicate: count,
  missed_seconds: count,
  last_commit_age_s: Type.Optional(Type.Number()),
  state: Type.Union(['running', 'paused', 'rebuilding', 'failed'].map((state) => Type.Literal(state))),
  error: Type.Optional(Type.String()),
});

export const statusSchema = Type.Object(
  {
    ready: Type.Boolean(),
    version: Type.String(),
    uptime_s: Type.Number(),
    parts: Type.Object({ log: part, clickhouse: part, registry: part }),
    hosts: Type.Object({ alive: count, simulated: count, real: count, silent: Type.Array(Type.String()) }),
    stages: Type.Array(stage),
    records_per_s: Type.Number(),
    rejected: count,
    problems: Type.Array(Type.String()),
  },
  { title: 'StatusReport' },
);

export const savedQueriesSchema = Type.Array(
  Type.Object({
    name: Type.String(),
    question: Type.String(),
    sql: Type.String(),
    params: Type.Array(
      Type.Object({ name: Type.String(), type: Type.String(), default: Type.Optional(Type.String()) }),
    ),
  }),
  { title: 'SavedQueries' },
);
