import { PlacementFeed } from '../../../cli/system/placement-feed.ts';
import type { MemberLog } from '../../../log/simulated/member-log.ts';
import { createCounterDecoder } from '../../../native/counter-decoder.ts';
import type { WindowRange } from '../../../operators/window/window-range.ts';
import { clickhouseStage } from '../../../pipelines/clickhouse.ts';
import { type InstantdynoStageDeps, instantdynoStage } from '../../../pipelines/instantdyno.ts';
import { rawStage } from '../../../pipelines/raw.ts';
import { type Broadcast, followBroadcast } from '../../../pipelines/runtime/broadcast.ts';
import type { Stage } from '../../../pipelines/runtime/stage.ts';
import { tiersStage } from '../../../pipelines/tiers.ts';
import { windowsStage } from '../../../pipelines/windows.ts';
import { writerSchemas } from '../../../pipelines/writer-schemas.ts';
import { encodeBlockMessage } from '../../../schemas/block-codec.ts';
import type { BlockMessage } from '../../../schemas/blocks.ts';
import { codecOf } from '../../../schemas/codec.ts';
import type { ResumeQuestion } from '../../../sinks/clickhouse/newest-inserted.ts';
import { blockSchemaIds } from './block-schemas.ts';
import { worldMetrics } from './simulated-host.ts';
import { topologyTopic } from './simulated-inventory.ts';
import type { SimulatedWorld } from './simulated-world.ts';

export type StageName = 'windows' | 'tiers' | 'instantdyno' | 'clickhouse' | 'raw';
export const allStages: readonly StageName[] = ['windows', 'tiers', 'instantdyno', 'clickhouse', 'raw'];

/** The real stages of one process of a world, as `cli/system/stages.ts` puts them together. */
export class SimulatedStages {
  readonly #world: SimulatedWorld;
  readonly #log: MemberLog;
  readonly #placements: PlacementFeed;

  constructor(world: SimulatedWorld, log: MemberLog) {
    this.#world = world;
    this.#log = log;
    this.#placements = new PlacementFeed({
      schemaById: this.#schemaById,
      register: () => Promise.reject(new Error('nothing registers in a world')),
    });
  }

  followTopology(epoch: number): Promise<Broadcast> {
    return followBroadcast({
      log: this.#log,
      clock: this.#world.clock,
      group: `windows-e${epoch}-topology`,
      topics: [topologyTopic],
      onBatch: (batch) => this.#placements.take(batch),
    });
  }

  stage(name: StageName, range?: WindowRange): Stage {
    const schemaById = this.#schemaById;
    const sources = { schemaById, newestInserted: this.#newestInserted };
    if (name === 'raw') return rawStage(sources);
    if (name === 'clickhouse') return clickhouseStage(sources, { windowsOnly: range !== undefined });
    if (name === 'tiers') {
      const codec = codecOf('dyno.host-windows.v1');
      const learn = writerSchemas(codec, schemaById);
      return tiersStage({
        ensureSchemas: (_, values) => learn(values),
        decode: (value) => codec.decode(value),
        encode,
      });
    }
    if (name === 'instantdyno') {
      const codec = codecOf('dyno.tier-seconds.v1');
      const learn = writerSchemas(codec, schemaById);
      return correlationsStage({
        ensureSchemas: (_, values) => learn(values),
        decode: (value) => codec.decode(value),
      });
    }
    return windowsStage({
      decoder: createCounterDecoder(),
      schemaById,
      placements: this.#placements.table,
      metrics: worldMetrics,
      encode,
      ...(range !== undefined && { range }),
    });
  }

  #schemaById = (id: number): Promise<string | undefined> =>
    this.#log.call(() => this.#world.schemas.get(id), this.#world.registry);

  #newestInserted = (question: ResumeQuestion): Promise<number | undefined> =>
    this.#log.call(() => this.#world.clickHouse.newestInserted(question), this.#world.clickHouse);
}

/** As it is in a world; another one beside the log gives what an undisturbed run says. */
export const correlationsStage = (deps: Pick<InstantdynoStageDeps, 'ensureSchemas' | 'decode'>): Stage =>
  instantdynoStage({ ...deps, encode, metrics: worldMetrics, metricPairs: [[worldMetrics[0]!, worldMetrics[1]!]] });

const encode = (topic: string, message: BlockMessage): Buffer =>
  encodeBlockMessage(message, blockSchemaIds.get(topic)!);
