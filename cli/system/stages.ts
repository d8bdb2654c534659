import type { Clock } from '../../base/clock.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { createCounterDecoder } from '../../native/counter-decoder.ts';
import { returnFreedMemory } from '../../native/returned-memory.ts';
import type { WindowRange } from '../../operators/window/window-range.ts';
import type { InsertSources } from '../../pipelines/clickhouse/insert-sources.ts';
import { clickhouseStage } from '../../pipelines/clickhouse.ts';
import { instantdynoStage } from '../../pipelines/instantdyno.ts';
import { loadtestsStage } from '../../pipelines/loadtests.ts';
import { rawStage } from '../../pipelines/raw.ts';
import type { Broadcast } from '../../pipelines/runtime/broadcast.ts';
import { followBroadcast } from '../../pipelines/runtime/broadcast.ts';
import type { CommitPoint } from '../../pipelines/runtime/delivery.ts';
import type { StageRun } from '../../pipelines/runtime/run-stage.ts';
import { runStage } from '../../pipelines/runtime/run-stage.ts';
import type { Stage } from '../../pipelines/runtime/stage.ts';
import { tiersStage } from '../../pipelines/tiers.ts';
import { windowsStage } from '../../pipelines/windows.ts';
import { writerSchemas } from '../../pipelines/writer-schemas.ts';
import type { BlockMessage } from '../../schemas/blocks.ts';
import type { AvroTopic, TopicValues } from '../../schemas/codec.ts';
import { codecOf } from '../../schemas/codec.ts';
import type { LoadTests } from '../../schemas/loadtests-file/load-tests.ts';
import { loadServerTypes, logicalCpusOf } from '../../schemas/server-types.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { newestInserted } from '../../sinks/clickhouse/newest-inserted.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import { rowFormatOf } from '../../sinks/clickhouse/row-format.ts';
import type { StageName } from '../stage-names.ts';
import { KillSwitches } from './kill-switches.ts';
import { NeighbourTests } from './neighbour-tests.ts';
import type { Parts } from './parts.ts';
import { PlacementFeed } from './placement-feed.ts';

export interface RunningStages {
  readonly runs: readonly StageRun[];
  stop(): Promise<void>;
}

export interface RunStagesOptions {
  readonly names: readonly StageName[];
  readonly settings: Settings;
  readonly parts: Parts;
  readonly clock: Clock;
  /** Tiers that may be steered, checked against the topology; undefined = none. */
  readonly loadTests?: LoadTests | undefined;
  /** Tests put crashes here. */
  readonly at?: (stage: StageName, point: CommitPoint) => void;
}

/** Starts these stages in this process. */
export async function runStages(options: RunStagesOptions): Promise<RunningStages> {
  const { names, settings, parts, clock, loadTests, at } = options;
  returnFreedMemory();
  const runs: StageRun[] = [];
  const placements = new PlacementFeed(parts.registry);
  let topology: Broadcast | undefined;
  const killSwitches = names.includes('loadtests') ? new KillSwitches({ ...parts, clock }) : undefined;
  const neighbourTests = names.includes('loadtests')
    ? new NeighbourTests({ ...parts, clock, tiers: loadTests?.tiers ?? [] })
    : undefined;
  const stop = async (): Promise<void> => {
    // Upstream first: what it still commits, the sinks below may still take.
    for (const run of runs) await run.stop();
    await topology?.stop();
    await killSwitches?.stop();
    await neighbourTests?.stop();
  };
  try {
    killSwitches?.start();
    neighbourTests?.start();
    for (const name of names) {
      if (name === 'windows') topology ??= await followTopology(parts, clock, placements, settings.epoch);
      const stage = stageOf(name, { settings, parts, placements, loadTests, killSwitches, neighbourTests });
      const { epoch } = settings;
      const broadcastReady = topology !== undefined && name === 'windows' ? { broadcastReady: topology.ready } : {};
      runs.push(
        await runStage({
          stage,
          log: parts.log,
          clock,
          epoch,
          performInsert: (insert) => performInsert(clickHouseOf(parts), insert),
          ...broadcastReady,
          ...(at !== undefined && { at: (point: CommitPoint) => at(name, point) }),
        }),
      );
    }
    return { runs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface StageParts {
  readonly settings: Settings;
  readonly parts: Parts;
  readonly placements: PlacementFeed;
  readonly loadTests?: LoadTests | undefined;
  readonly killSwitches?: KillSwitches | undefined;
  readonly neighbourTests?: NeighbourTests | undefined;
  /** Of a backfill. */
  readonly range?: WindowRange;
}

export function stageOf(name: StageName, stageParts: StageParts): Stage {
  const { settings, parts, placements, range } = stageParts;
  const schemaById = (id: number): Promise<string | undefined> => parts.registry.schemaById(id);
  const sources: InsertSources = {
    schemaById,
    newestInserted: (question) => newestInserted(clickHouseOf(parts), question),
    ...(parts.clickHouse !== undefined && { rowFormat: rowFormatOf(parts.clickHouse) }),
  };
  const encode = blockEncoder(parts.schemaIds);
  if (name === 'raw') return rawStage(sources);
  if (name === 'clickhouse') return clickhouseStage(sources, { windowsOnly: range !== undefined });
  if (name === 'tiers') {
    const codec = codecOf('dyno.host-windows.v1');
    const learn = writerSchemas(codec, schemaById);
    return tiersStage({
      ensureSchemas: (_topic, values) => learn(values),
      decode: (value) => codec.decode(value),
      encode,
    });
  }
  if (name === 'loadtests') return loadtestsStageOf(stageParts);
  const { tierSecondsMetrics: metrics, metricPairs } = settings.windows;
  if (name === 'instantdyno') {
    const codec = codecOf('dyno.tier-seconds.v1');
    const learn = writerSchemas(codec, schemaById);
    return instantdynoStage({
      ensureSchemas: (_topic, values) => learn(values),
      decode: (value) => codec.decode(value),
      encode,
      metrics,
      metricPairs,
    });
  }
  const decoder = createCounterDecoder();
  const ranged = range === undefined ? {} : { range };
  return windowsStage({ decoder, schemaById, placements: placements.table, metrics, encode, ...ranged });
}

/** Without `loadtests.yaml` nothing may be steered: the stage then names no tier. */
function loadtestsStageOf({ parts, loadTests = { tiers: [] }, killSwitches, neighbourTests }: StageParts): Stage {
  const { schemaIds, registry } = parts;
  const schemaById = (id: number): Promise<string | undefined> => registry.schemaById(id);
  const seconds = codecOf('dyno.tier-seconds.v1');
  const applied = codecOf('loadbalancer.applied.v1');
  const requests = codecOf('instantdyno.loadtest-requests.v1');
  const learn = new Map([
    ['dyno.tier-seconds.v1', writerSchemas(seconds, schemaById)],
    ['loadbalancer.applied.v1', writerSchemas(applied, schemaById)],
    ['instantdyno.loadtest-requests.v1', writerSchemas(requests, schemaById)],
  ]);
  const tables = loadServerTypes();
  return loadtestsStage({
    ensureSchemas: async (topic, values) => learn.get(topic)?.(values),
    decodeSeconds: (value) => seconds.decode(value),
    decodeApplied: (value) => applied.decode(value),
    decodeRequest: (value) => requests.decode(value),
    encode: recordEncoder(schemaIds),
    loadTests,
    logicalCpusOf: ({ generation }) => logicalCpusOf(tables, generation),
    killSwitch: (tier) => killSwitches?.stateOf(tier),
    neighbourTests: (tier) => neighbourTests?.stateOf(tier),
  });
}

export const followTopology = (
  parts: Parts,
  clock: Clock,
  placements: PlacementFeed,
  epoch: number,
): Promise<Broadcast> =>
  followBroadcast({
    log: parts.log,
    clock,
    group: `windows-e${epoch}-topology`,
    topics: ['topology.hosts.v1'],
    onBatch: (batch) => placements.take(batch),
  });

/** Encodes blocks with the schema id of the topic they go to. */
function blockEncoder(ids: Parts['schemaIds']): (topic: string, message: BlockMessage) => Buffer {
  const encode = recordEncoder(ids);
  return (topic, message) => encode(topic as AvroTopic, message as TopicValues[AvroTopic]);
}

/** Encodes values with the schema id of the topic they go to; codecs are compiled once. */
function recordEncoder(ids: Parts['schemaIds']): <T extends AvroTopic>(topic: T, value: TopicValues[T]) => Buffer {
  const codecs = new Map<string, ReturnType<typeof codecOf<AvroTopic>>>();
  return (topic, value) => {
    const id = ids.get(topic);
    if (id === undefined) throw new Error(`topic ${topic} has no schema id: a defect of the stage`);
    let codec = codecs.get(topic);
    if (codec === undefined) {
      codec = codecOf<AvroTopic>(topic);
      codecs.set(topic, codec);
    }
    return (codec as { encode(value: unknown, schemaId: number): Buffer }).encode(value, id);
  };
}

function clickHouseOf({ clickHouse }: Parts): ClickHouse {
  if (clickHouse === undefined)
    throw new Error('a stage that inserts was started without ClickHouse: a defect of the caller');
  return clickHouse;
}
