import { hostname } from 'node:os';
import type { Publisher } from '../../agent/publisher/publisher.ts';
import type { Clock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { followLog } from '../../overwatch/live/follow-log.ts';
import { LiveFleet } from '../../overwatch/live-fleet.ts';
import { startOverwatch } from '../../overwatch/server.ts';
import type { StatusReport } from '../../overwatch/status-report.ts';
import type { StageRun } from '../../pipelines/runtime/run-stage.ts';
import type { LoadTests } from '../../schemas/loadtests-file/load-tests.ts';
import { loadServerTypes } from '../../schemas/server-types.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { readOnlyQuery } from '../../sinks/clickhouse/read-only-query.ts';
import { savedQueries } from '../../sinks/clickhouse/saved-queries.ts';
import { epochWrite } from '../setup/epoch-write.ts';
import { loadtestWrite } from '../setup/loadtest-write.ts';
import { topologyWrite } from '../setup/topology-write.ts';
import type { Parts } from './parts.ts';
import { watchRegistry } from './registry-watch.ts';
import { statusOf } from './status.ts';

export interface LiveOverwatchOptions {
  readonly settings: Settings;
  readonly parts: Parts;
  readonly clickHouse: ClickHouse;
  readonly clock: Clock;
  readonly runs: readonly StageRun[];
  readonly startedAtMs: number;
  /** What may be steered; undefined = nothing says what. */
  readonly loadTests: LoadTests | undefined;
  readonly version: string;
  readonly publishers: ReadonlyMap<string, () => ReturnType<Publisher['stats']>>;
}

export interface LiveOverwatch {
  readonly url: string;
  status(): StatusReport;
  close(): Promise<void>;
}

/** Overwatch over the log (newest seconds), ClickHouse (everything else) and the stages of this process. */
export async function startLiveOverwatch(options: LiveOverwatchOptions): Promise<LiveOverwatch> {
  const { settings, parts, clock, publishers } = options;
  const generations = new Map(loadServerTypes().generations.map(({ name, rcu }) => [name, rcu]));
  const live = new LiveFleet({
    epoch: settings.epoch,
    thisHost: hostname(),
    rcuOf: (generation) => generations.get(generation) ?? undefined,
  });
  const schemaJsonOf = async (id: number): Promise<string> => {
    const schema = await parts.registry.schemaById(id);
    if (schema === undefined) throw new DynoError('DYNO_SCHEMA_UNKNOWN', `the registry knows no schema ${id}`);
    return schema;
  };
  const followed = followLog({
    log: parts.log,
    fleet: live,
    clock,
    schemaJsonOf,
    group: `overwatch-${hostname()}-${process.pid}`,
  });
  const registry = watchRegistry(parts.registryUrl, clock);
  const status = statusOf({
    ...options,
    live,
    registryProblem: () => registry.problem(),
    publishers: () => new Map([...publishers].map(([name, stats]) => [name, stats()])),
    problems: () => [...parts.topicDifferences, ...[followed.problem()].filter((problem) => problem !== undefined)],
  });
  const stopFollowing = async (): Promise<void> => {
    registry.stop();
    await followed.stop();
  };
  const steeredTiers = options.loadTests?.tiers.map(({ tier }) => tier);
  const server = await startOverwatch({
    ...settings.overwatch,
    dataDir: settings.dataDir,
    version: options.version,
    live,
    queries: (request) => readOnlyQuery(options.clickHouse, request),
    savedQueries: savedQueries(),
    status,
    steeredTiers,
    writes: [
      topologyWrite({ log: parts.log, registry: parts.registry, clock }),
      loadtestWrite({ log: parts.log, registry: parts.registry, clock, steeredTiers }),
      epochWrite(options.clickHouse),
    ],
    clock,
  }).catch(async (error: unknown) => {
    // A port that is taken, say: what was begun must not keep the process alive.
    await stopFollowing();
    throw error;
  });
  return {
    url: server.url,
    status,
    async close() {
      await server.close();
      await stopFollowing();
    },
  };
}
