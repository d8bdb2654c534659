import { concatMap, from, map } from 'rxjs';
import { giveBack } from '../base/lent-memory.ts';
import { partitionOf } from '../log/partitioner.ts';
import type { CounterDecoder } from '../native/counter-columns.ts';
import { HostGroups } from '../operators/join/host-groups.ts';
import { aggregationPlan } from '../operators/window/aggregation-plan.ts';
import { PartitionWindows } from '../operators/window/partition-windows.ts';
import { metricSources } from '../operators/window/second-window.ts';
import { windowCounters } from '../operators/window/window-counters.ts';
import { type WindowMessage, windowMessages } from '../operators/window/window-messages.ts';
import { inRange, type WindowRange } from '../operators/window/window-range.ts';
import { freshState, parseWindowsState } from '../operators/window/windows-state.ts';
import type { BlockMessage } from '../schemas/blocks.ts';
import { catalogueVersion, counterIndex, counters } from '../schemas/counters.ts';
import type { Placements } from '../schemas/topology.ts';
import { deadLetter, deadLetterTopic } from './dead-letters.ts';
import { piecesOf } from './runtime/batch-slices.ts';
import type { GraphStart, ProduceOutput, Stage, TaskBatch, TaskGraph } from './runtime/stage.ts';
import { type SchemaById, writerSchemas } from './writer-schemas.ts';

export const countersTopic = 'dyno.counters.v1';
/** Decoded and added up together: so many columns of so many records stay in a core's own cache. */
const recordsTogether = 64;
const topicOf = { 'tier-seconds': 'dyno.tier-seconds.v1', 'host-windows': 'dyno.host-windows.v1' } as const;

export interface WindowsStageDeps {
  readonly decoder: CounterDecoder;
  readonly schemaById: SchemaById;
  readonly placements: Placements;
  /** The ≤ 16 metrics of tier-seconds. */
  readonly metrics: readonly string[];
  /** A block or marker as the value of a record of that topic. */
  readonly encode: (topic: string, message: BlockMessage) => Buffer;
  /** Only these windows, for a backfill: nothing is ticked then, and rejected records are not told again. */
  readonly range?: WindowRange;
}

/** Counters of hosts → event-time windows → host → tier join → blocks of tiers (1 s) and services (10 s). */
export function windowsStage(deps: WindowsStageDeps): Stage {
  const learn = writerSchemas(deps.decoder, deps.schemaById);
  return {
    name: 'windows',
    inputs: [countersTopic],
    assignment: 'copartitioned',
    outputs: [topicOf['tier-seconds'], topicOf['host-windows'], deadLetterTopic(countersTopic)],
    delivery: 'transaction',
    keepsCopiesOnly: true,
    ...(deps.range === undefined && { ticks: countersTopic }),
    prepare: (batch) => learn(batch.values),
    graph: (start) => windowsGraph(deps, start),
  };
}

const plan = aggregationPlan(counters);

function windowsGraph(deps: WindowsStageDeps, start: GraphStart): TaskGraph {
  const { identity, partitionsOf } = start;
  const restored = start.restored.find(({ topic }) => topic === countersTopic);
  const state = restored && (parseWindowsState(restored.metadata) ?? { ...freshState, position: restored.lowOffset });
  const metrics = metricSources(deps.metrics, counterIndex);
  const windows = new PartitionWindows<TaskBatch>({ plan, metrics, restored: state });
  const source = { source: identity.partition, sources: partitionsOf(countersTopic), epoch: identity.epoch };
  const groups = new HostGroups(deps.placements);
  const options = { source, groups, metrics: deps.metrics, plan, catalogueVersion };
  let started = restored !== undefined;
  let urgent = false;
  return {
    operator: (batches) =>
      batches.pipe(
        concatMap((batch) => {
          started = true;
          urgent = false;
          return from(piecesOf(batch, recordsTogether));
        }),
        map((batch) => ({ batch, columns: deps.decoder.decode(batch.values) })),
        windowCounters(windows),
        concatMap((event) => {
          const wanted = inRange(deps.range, event);
          if (wanted === undefined) return [];
          urgent ||= wanted.kind !== 'rejected';
          return from(windowMessages(wanted, options));
        }),
        concatMap((message) => from(outputsOf(message, deps.encode, partitionsOf))),
      ),
    checkpoint: () => {
      // Where a fresh partition starts is not known before its first batch.
      if (!started) return [];
      const metadata = JSON.stringify(windows.state());
      return [{ topic: countersTopic, partition: identity.partition, lowOffset: windows.lowOffset(), metadata }];
    },
    urgent: () => urgent,
    live: () => windows.live,
    stats: () => statsOf(windows),
  };
}

function outputsOf(
  message: WindowMessage<TaskBatch>,
  encode: WindowsStageDeps['encode'],
  partitionsOf: GraphStart['partitionsOf'],
): ProduceOutput[] {
  if (message.kind === 'rejected')
    return [deadLetter({ stage: 'windows', ...message }, partitionsOf(deadLetterTopic(message.batch.topic)))];
  const topic = topicOf[message.of];
  const partitions = partitionsOf(topic);
  const value = encode(topic, message.message);
  if (message.kind === 'block') giveBackArrays(message.message);
  if (message.kind === 'block')
    return [
      { kind: 'produce', topic, partition: partitionOf(message.key, partitions), key: Buffer.from(message.key), value },
    ];
  return Array.from({ length: partitions }, (_, partition) => ({
    kind: 'produce',
    topic,
    partition,
    key: null,
    value,
  }));
}

function giveBackArrays(block: BlockMessage): void {
  if ('values' in block) giveBack(block.values.buffer);
  if ('samples' in block) giveBack(block.samples.buffer);
}

const statsOf = (windows: PartitionWindows<TaskBatch>): Record<string, number> => ({
  ...windows.ledger,
  ticks: windows.ticks,
  missed_seconds: windows.missedSeconds,
  implausible: windows.implausible,
  holds_cut: windows.holdsCut,
  hosts: windows.hosts,
  watermark_ms: Number.isFinite(windows.watermarkMs) ? windows.watermarkMs : 0,
});
