import { concat, concatMap, from, map } from 'rxjs';
import type { ByteList } from '../base/byte-list.ts';
import { partitionOf } from '../log/partitioner.ts';
import { type Correlated, Correlator, correlate, type EntityPoints } from '../operators/correlate/correlate.ts';
import { correlationPlan } from '../operators/correlate/correlation-plan.ts';
import { forgetKept } from '../operators/correlate/correlation-state.ts';
import { correlationsBlocks } from '../operators/correlate/correlations-blocks.ts';
import { sliceMs } from '../operators/correlate/point-slice.ts';
import { tierPoints } from '../operators/correlate/tier-points.ts';
import { blockMemoryBytes } from '../operators/window/block-memory.ts';
import { CompleteWindows, type Completion } from '../operators/window/complete-windows.ts';
import { secondMs } from '../operators/window/lengths.ts';
import type { BlockSource } from '../operators/window/window-blocks.ts';
import type { BlockMessage, TierSecondsBlock, WindowMarker } from '../schemas/blocks.ts';
import { BlockReader } from './block-reader.ts';
import type { GraphStart, ProduceOutput, Stage, TaskGraph } from './runtime/stage.ts';

const tierSecondsTopic = 'dyno.tier-seconds.v1';
const correlationsTopic = 'instantdyno.correlations.v1';
const stateTopic = 'instantdyno.state.v1';

export interface InstantdynoStageDeps {
  /** Learns the writer schemas that these values name; rejects (retryable) while the registry is away. */
  readonly ensureSchemas: (topic: string, values: ByteList) => Promise<void>;
  /** A value of dyno.tier-seconds.v1. */
  readonly decode: (value: Buffer) => TierSecondsBlock | WindowMarker;
  /** A block or marker as the value of a record of that topic. */
  readonly encode: (topic: string, message: BlockMessage) => Buffer;
  /** The ≤ 16 metrics of tier-seconds: all pairs of them are correlated every 10 s. */
  readonly metrics: readonly string[];
  /** Correlated each second: [x, y]. */
  readonly metricPairs: readonly (readonly [string, string])[];
  /** Hosts that are correlated by themselves beside their tier, such as those of a test panel. Default: none. */
  readonly hosts?: ReadonlySet<string>;
  /** Tiers, generations and hosts of one partition beyond which the one silent for longest goes. */
  readonly entitiesMax?: number;
}

/** Seconds of tiers → correlations of pairs of metrics over 60 s, 5 min and 1 h. */
export function instantdynoStage(deps: InstantdynoStageDeps): Stage {
  return {
    name: 'instantdyno',
    inputs: [tierSecondsTopic],
    assignment: 'copartitioned',
    outputs: [correlationsTopic],
    delivery: 'transaction',
    stateTopic,
    prepare: (batch) => deps.ensureSchemas(batch.topic, batch.values),
    graph: (start) => instantdynoGraph(deps, start),
  };
}

function instantdynoGraph(deps: InstantdynoStageDeps, start: GraphStart): TaskGraph {
  const { identity, partitionsOf } = start;
  const { epoch, partition } = identity;
  const { metrics, metricPairs, entitiesMax } = deps;
  const restored = start.restored.find(({ topic }) => topic === tierSecondsTopic);
  const windows = new CompleteWindows<TierSecondsBlock>({
    epoch,
    retainMs: sliceMs,
    bytesOf: blockMemoryBytes,
    ...(restored !== undefined && { restored: restored.metadata }),
  });
  // Without a position the log is read from its start: what was kept of it would stand before its own past.
  const positionLost = windows.completedThroughMs(secondMs) === undefined;
  let toForget = positionLost ? forgetKept(start.stateRecords, epoch) : [];
  const correlator = new Correlator({
    plan: correlationPlan({ metrics, configured: metricPairs }),
    epoch,
    restored: positionLost ? [] : start.stateRecords,
    ...(entitiesMax !== undefined && { entitiesMax }),
  });
  const source: BlockSource = { source: partition, sources: partitionsOf(tierSecondsTopic), epoch };
  const toOutputs = outputsOf({ source, deps, partitions: partitionsOf(correlationsTopic) });
  const blocks = new BlockReader(deps.decode);
  let started = restored !== undefined;
  let urgent = false;
  return {
    operator: (batches) =>
      batches.pipe(
        concatMap((batch) => {
          started = true;
          const completions = windows.push(blocks.read(batch), batch);
          urgent = completions.some(({ kind }) => kind === 'through');
          const forgotten = batch.replayed ? [] : stateOutputs(source, toForget);
          if (!batch.replayed) toForget = [];
          const correlated = from(completions).pipe(
            map((completion) => pointsOf(completion, deps)),
            correlate(correlator),
            concatMap((found) => from(toOutputs(found))),
          );
          return concat(from(forgotten), correlated);
        }),
      ),
    checkpoint: () => (started ? [{ topic: tierSecondsTopic, partition, ...windows.checkpoint() }] : []),
    urgent: () => urgent,
    stats: () => ({
      late_blocks: windows.lateBlocks,
      incomplete_windows: windows.incompleteWindows,
      open_windows: windows.openWindows,
      undecodable: blocks.undecodable,
      entities: correlator.entities,
      entities_evicted: correlator.evicted,
      points_refused: correlator.refused,
      state_discarded: correlator.discarded,
    }),
  };
}

function pointsOf(completion: Completion<TierSecondsBlock>, { metrics, hosts }: InstantdynoStageDeps): EntityPoints {
  if (completion.kind === 'through') return { points: [], closedThroughMs: completion.closedThroughMs };
  const { windowEndMs, blocks, again = false } = completion;
  return { points: tierPoints(windowEndMs, blocks, { metrics, ...(hosts !== undefined && { hosts }) }), again };
}

interface OutputOptions {
  readonly source: BlockSource;
  readonly partitions: number;
  readonly deps: Pick<InstantdynoStageDeps, 'encode' | 'metrics'>;
}

const outputsOf =
  ({ source, partitions, deps: { encode, metrics } }: OutputOptions) =>
  ({ entities, records, closedThroughMs }: Correlated): readonly ProduceOutput[] => {
    const outputs: ProduceOutput[] = [];
    const windowEndMs = entities[0]?.endMs;
    if (windowEndMs !== undefined)
      for (const block of correlationsBlocks(entities, { ...source, windowEndMs, windowMs: secondMs, metrics })) {
        const partition = partitionOf(block.tier, partitions);
        const value = encode(correlationsTopic, block);
        outputs.push({ kind: 'produce', topic: correlationsTopic, partition, key: Buffer.from(block.tier), value });
      }
    if (closedThroughMs !== undefined) {
      const value = encode(correlationsTopic, { kind: 'marker', ...source, windowMs: secondMs, closedThroughMs });
      for (let partition = 0; partition < partitions; partition++)
        outputs.push({ kind: 'produce', topic: correlationsTopic, partition, key: null, value });
    }
    return [...outputs, ...stateOutputs(source, records)];
  };

const stateOutputs = (
  { source }: BlockSource,
  records: readonly { readonly key: string; readonly value: Buffer | null }[],
): ProduceOutput[] =>
  records.map(({ key, value }) => ({
    kind: 'produce',
    topic: stateTopic,
    partition: source,
    key: Buffer.from(key),
    value,
  }));
