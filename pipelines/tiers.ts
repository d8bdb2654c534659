import { concat, concatMap, from, type Observable } from 'rxjs';
import type { ByteList } from '../base/byte-list.ts';
import { partitionOf } from '../log/partitioner.ts';
import { forgetHour, forgetKept, hourRecords, restoreHours } from '../operators/tiers/hour-state.ts';
import { tierBlocks } from '../operators/tiers/tier-blocks.ts';
import { minuteMs, type TierEvent, TierRollup } from '../operators/tiers/tier-rollup.ts';
import { blockMemoryBytes } from '../operators/window/block-memory.ts';
import { CompleteWindows, type Completion } from '../operators/window/complete-windows.ts';
import { tenSecondsMs } from '../operators/window/lengths.ts';
import type { BlockSource } from '../operators/window/window-blocks.ts';
import type { BlockMessage, HostWindowsBlock, WindowMarker } from '../schemas/blocks.ts';
import { type Catalogue, currentCatalogue } from '../schemas/catalogue.ts';
import { withCurrentColumns } from '../schemas/current-columns.ts';
import { BlockReader } from './block-reader.ts';
import type { GraphStart, ProduceOutput, Stage, TaskGraph } from './runtime/stage.ts';

const hostWindowsTopic = 'dyno.host-windows.v1';
const tierWindowsTopic = 'dyno.tier-windows.v1';
const stateTopic = 'tiers.state.v1';

export interface TiersStageDeps {
  /** Learns the writer schemas that these values name; rejects (retryable) while the registry is away. */
  readonly ensureSchemas: (topic: string, values: ByteList) => Promise<void>;
  /** A value of dyno.host-windows.v1. */
  readonly decode: (value: Buffer) => HostWindowsBlock | WindowMarker;
  /** A block or marker as the value of a record of that topic. */
  readonly encode: (topic: string, message: BlockMessage) => Buffer;
  /** Default: that of this program. */
  readonly catalogue?: Catalogue;
}

/** Host windows → figures over the hosts of each tier, region and server type: 10 s, 1 min, 1 h. */
export function tiersStage(deps: TiersStageDeps): Stage {
  return {
    name: 'tiers',
    inputs: [hostWindowsTopic],
    assignment: 'copartitioned',
    outputs: [tierWindowsTopic],
    delivery: 'transaction',
    stateTopic,
    prepare: (batch) => deps.ensureSchemas(batch.topic, batch.values),
    graph: (start) => tiersGraph(deps, start),
  };
}

function tiersGraph(deps: TiersStageDeps, start: GraphStart): TaskGraph {
  const { identity, partitionsOf } = start;
  const { epoch, partition } = identity;
  const { catalogue = currentCatalogue, decode, encode } = deps;
  const restored = start.restored.find(({ topic }) => topic === hostWindowsTopic);
  const windows = new CompleteWindows<HostWindowsBlock>({
    epoch,
    retainMs: minuteMs,
    bytesOf: blockMemoryBytes,
    ...(restored !== undefined && { restored: restored.metadata }),
  });
  const throughMs = windows.completedThroughMs(tenSecondsMs);
  // Without a position the log is read from its start, and what was kept of it would be counted twice.
  const positionLost = throughMs === undefined;
  const kept = positionLost ? [] : start.stateRecords;
  let toForget = positionLost ? forgetKept(start.stateRecords, epoch) : [];
  const { hours, discarded } = restoreHours(kept, { epoch, catalogue });
  const rollup = new TierRollup({ counters: catalogue.names.length, throughMs, hours });
  const source: BlockSource = { source: partition, sources: partitionsOf(hostWindowsTopic), epoch };
  const toOutputs = outputsOf({ source, encode, catalogue, partitions: partitionsOf(tierWindowsTopic) });
  let started = restored !== undefined;
  let urgent = false;
  const outputsOfCompletion = (completion: Completion<HostWindowsBlock>): Observable<ProduceOutput> =>
    from(rollup.push(completion)).pipe(concatMap((event) => from(toOutputs(event))));
  const blocks = new BlockReader((value) => withCurrentColumns(decode(value), catalogue));
  return {
    operator: (batches) =>
      batches.pipe(
        concatMap((batch) => {
          started = true;
          const completions = windows.push(blocks.read(batch), batch);
          urgent = completions.some(({ kind }) => kind === 'through');
          const forgotten = batch.replayed ? [] : stateOutputs(source, toForget);
          if (!batch.replayed) toForget = [];
          return concat(from(forgotten), from(completions).pipe(concatMap(outputsOfCompletion)));
        }),
      ),
    checkpoint: () => (started ? [{ topic: hostWindowsTopic, partition, ...windows.checkpoint() }] : []),
    urgent: () => urgent,
    stats: () => ({
      late_blocks: windows.lateBlocks,
      incomplete_windows: windows.incompleteWindows,
      open_windows: windows.openWindows,
      undecodable: blocks.undecodable,
      foreign_blocks: blocks.foreign,
      state_discarded: discarded,
    }),
  };
}

interface OutputOptions {
  readonly source: BlockSource;
  readonly partitions: number;
  readonly encode: TiersStageDeps['encode'];
  readonly catalogue: Catalogue;
}

const outputsOf =
  ({ source, partitions, encode, catalogue }: OutputOptions) =>
  (event: TierEvent): readonly ProduceOutput[] => {
    const options = { epoch: source.epoch, catalogue };
    switch (event.kind) {
      case 'closed': {
        const { windowMs, endMs: windowEndMs } = event;
        return tierBlocks(event.slices, { ...source, windowMs, windowEndMs, catalogueVersion: catalogue.version }).map(
          (block) => {
            const value = encode(tierWindowsTopic, block);
            const partition = partitionOf(block.tier, partitions);
            return { kind: 'produce', topic: tierWindowsTopic, partition, key: Buffer.from(block.tier), value };
          },
        );
      }
      case 'through': {
        const { windowMs, closedThroughMs } = event;
        const value = encode(tierWindowsTopic, { kind: 'marker', ...source, windowMs, closedThroughMs });
        return Array.from({ length: partitions }, (_, partition) => ({
          kind: 'produce',
          topic: tierWindowsTopic,
          partition,
          key: null,
          value,
        }));
      }
      case 'hour-grew':
        return stateOutputs(source, hourRecords(event.hourEndMs, event.touched, event.hour, options));
      case 'hour-done':
        return stateOutputs(source, forgetHour(event.hour, options));
    }
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
