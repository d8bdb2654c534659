import { createCounterDecoder } from '../../native/counter-decoder.ts';
import { instantdynoStage } from '../../pipelines/instantdyno.ts';
import { startGraph } from '../../pipelines/runtime/graph-run.ts';
import type { Output, ProduceOutput, Stage, TaskBatch } from '../../pipelines/runtime/stage.ts';
import { windowsStage } from '../../pipelines/windows.ts';
import { blockCodec, encodeBlockMessage } from '../../schemas/block-codec.ts';
import { hostCountersSchema } from '../../schemas/host-counters.ts';
import type { Placements } from '../../schemas/topology.ts';

/** One partition of everything, and one schema: ids only have to be told apart. */
export const replaySchemaId = 1;
const partitionsOf = (): number => 1;

/** A stage's graph as one task runs it, without a log: batches in, records for topics out. */
export class ReplayedStage {
  readonly #push: (batch: TaskBatch) => readonly Output[];
  readonly #stats: () => Readonly<Record<string, number>>;

  constructor(stage: Stage) {
    const run = startGraph(
      stage.graph({
        identity: { stage: stage.name, epoch: 1, partition: 0, topics: stage.inputs },
        restored: [],
        stateRecords: [],
        partitionsOf,
      }),
    );
    this.#push = (batch) => run.push(batch);
    this.#stats = () => run.graph.stats();
  }

  push(batch: TaskBatch): readonly ProduceOutput[] {
    return this.#push(batch).filter((output): output is ProduceOutput => output.kind === 'produce');
  }

  get stats(): Readonly<Record<string, number>> {
    return this.#stats();
  }
}

export interface ReplayedWindowsOptions {
  readonly placements: Placements;
  readonly metrics: readonly string[];
}

/** The `windows` stage, which knows the one schema that a replay writes. */
export function replayedWindows({ placements, metrics }: ReplayedWindowsOptions): ReplayedStage {
  const decoder = createCounterDecoder();
  decoder.addSchema(replaySchemaId, hostCountersSchema());
  return new ReplayedStage(
    windowsStage({
      decoder,
      schemaById: () => Promise.resolve(undefined),
      placements,
      metrics,
      encode: (_topic, message) => encodeBlockMessage(message, replaySchemaId),
    }),
  );
}

export interface ReplayedCorrelationsOptions {
  readonly metrics: readonly string[];
  readonly metricPairs: readonly (readonly [string, string])[];
}

/** The `instantdyno` stage over the seconds of tiers that a replay makes. */
export function replayedCorrelations(options: ReplayedCorrelationsOptions): ReplayedStage {
  const codec = blockCodec('tier-seconds');
  codec.addSchema(replaySchemaId, codec.schemaJson);
  return new ReplayedStage(
    instantdynoStage({
      ...options,
      ensureSchemas: () => Promise.resolve(),
      decode: (value) => codec.decode(value),
      encode: (_topic, message) => encodeBlockMessage(message, replaySchemaId),
    }),
  );
}

/** Records of one topic among a stage's outputs as the next stage is given them. */
export class ReplayedTopic {
  readonly #topic: string;
  #offset = 0;

  constructor(topic: string) {
    this.#topic = topic;
  }

  batchOf(outputs: readonly ProduceOutput[], appendMs: number): TaskBatch | undefined {
    const records = outputs.filter(({ topic }) => topic === this.#topic);
    if (records.length === 0) return undefined;
    const from = this.#offset;
    this.#offset += records.length;
    return {
      topic: this.#topic,
      partition: 0,
      count: records.length,
      offsets: Float64Array.from(records, (_, i) => from + i),
      appendTimesMs: new Float64Array(records.length).fill(appendMs),
      keys: records.map(({ key }) => key),
      values: records.map(({ value }) => value),
      headers: [],
      nextOffset: this.#offset,
      endOffset: this.#offset,
      replayed: false,
    };
  }
}
