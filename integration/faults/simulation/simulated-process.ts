import type { VirtualClock } from '../../../base/testing/virtual-clock.ts';
import { PlacementFeed } from '../../../cli/system/placement-feed.ts';
import { MemberLog } from '../../../log/simulated/member-log.ts';
import { createCounterDecoder } from '../../../native/counter-decoder.ts';
import type { InsertSources } from '../../../pipelines/clickhouse/insert-sources.ts';
import { clickhouseStage } from '../../../pipelines/clickhouse.ts';

import { rawStage } from '../../../pipelines/raw.ts';
import { followBroadcast } from '../../../pipelines/runtime/broadcast.ts';
import type { CommitPoint } from '../../../pipelines/runtime/delivery.ts';
import type { StageRun } from '../../../pipelines/runtime/run-stage.ts';
import { runStage } from '../../../pipelines/runtime/run-stage.ts';
import type { InsertOutput, Stage } from '../../../pipelines/runtime/stage.ts';
import { tiersStage } from '../../../pipelines/tiers.ts';
import { windowsStage } from '../../../pipelines/windows.ts';
import { writerSchemas } from '../../../pipelines/writer-schemas.ts';
import { encodeBlockMessage } from '../../../schemas/block-codec.ts';
import { codecOf } from '../../../schemas/codec.ts';
import { worldMetrics } from './simulated-host.ts';
import { topologyTopic } from './simulated-inventory.ts';
import { blockSchemaIds, type SimulatedWorld } from './simulated-world.ts';

export type StageName = 'windows' | 'tiers' | 'clickhouse' | 'raw';
export const allStages: readonly StageName[] = ['windows', 'tiers', 'clickhouse', 'raw'];

/** Where a test may put a crash: a point of the runtime, or between an insert's effect and its answer. */
export type CrashPoint = CommitPoint | 'insert_applied';

export interface SimulatedProcessOptions {
  readonly world: SimulatedWorld;
  readonly stages?: readonly StageName[];
  /** Told at every passage of a point. */
  readonly at?: (stage: StageName, point: CrashPoint, process: SimulatedProcess) => void;
}

/** A process of a world: real stages on the simulated log. It starts again and again until the log lets it. */
export class SimulatedProcess {
  readonly log: MemberLog;
  readonly runs: StageRun[] = [];
  readonly #options: SimulatedProcessOptions;

  constructor(options: SimulatedProcessOptions) {
    const { world, stages = allStages } = options;
    this.#options = options;
    this.log = new MemberLog(world.cluster, world.groups);
    for (const name of stages) void this.#start(name, world.clock);
  }

  /** In order: stops its stages, then ends. */
  async stop(): Promise<void> {
    for (const run of this.runs) await run.stop();
    this.log.kill();
  }

  async #start(name: StageName, clock: VirtualClock): Promise<void> {
    for (;;) {
      try {
        this.runs.push(await this.#run(name));
        return;
      } catch {
        // The log is away at start: whoever starts stages tries again.
        await new Promise<void>((resolve) => clock.after(1_000, resolve));
      }
    }
  }

  async #run(name: StageName): Promise<StageRun> {
    const { world, at } = this.#options;
    const { clock, epoch } = world;
    const schemaById = (id: number) => this.log.call(() => world.schemas.get(id), world.registry);
    const placements = new PlacementFeed({
      schemaById,
      register: () => Promise.reject(new Error('nothing registers')),
    });
    const performInsert = (insert: InsertOutput): Promise<void> =>
      this.log.call(() => {
        world.clickHouse.insert(insert);
        at?.(name, 'insert_applied', this);
      }, world.clickHouse);
    const topology =
      name === 'windows'
        ? await followBroadcast({
            log: this.log,
            clock,
            group: `windows-e${epoch}-topology`,
            topics: [topologyTopic],
            onBatch: (batch) => placements.take(batch),
          })
        : undefined;
    try {
      return await runStage({
        stage: this.#stage(name, schemaById, placements),
        log: this.log,
        clock,
        epoch,
        performInsert,
        ...(topology !== undefined && { broadcastReady: topology.ready }),
        ...(at !== undefined && { at: (point: CommitPoint) => at(name, point, this) }),
      });
    } catch (error) {
      await topology?.stop();
      throw error;
    }
  }

  #stage(name: StageName, schemaById: InsertSources['schemaById'], placements: PlacementFeed): Stage {
    const { world } = this.#options;
    const newestInserted: InsertSources['newestInserted'] = (question) =>
      this.log.call(() => world.clickHouse.newestInserted(question), world.clickHouse);
    if (name === 'raw') return rawStage({ schemaById, newestInserted });
    if (name === 'clickhouse') return clickhouseStage({ schemaById, newestInserted });
    const encode: Parameters<typeof windowsStage>[0]['encode'] = (topic, message) =>
      encodeBlockMessage(message, blockSchemaIds.get(topic)!);
    if (name === 'tiers') {
      const codec = codecOf('dyno.host-windows.v1');
      const learn = writerSchemas(codec, schemaById);
      const decode = (value: Buffer) => codec.decode(value);
      return tiersStage({ ensureSchemas: (_, values) => learn(values), decode, encode });
    }
    const decoder = createCounterDecoder();
    return windowsStage({ decoder, schemaById, placements: placements.table, metrics: worldMetrics, encode });
  }
}
