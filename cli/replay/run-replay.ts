import { readFileSync } from 'node:fs';
import { DynoError, messageOf } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import type { ProduceOutput, TaskBatch } from '../../pipelines/runtime/stage.ts';
import { blockCodec } from '../../schemas/block-codec.ts';
import { PlacementTable } from '../../schemas/placement-table.ts';
import { parseInventory } from '../../schemas/topology-inventory.ts';
import { placementsOfInventory } from '../../schemas/topology-plan.ts';
import { correlationLines } from './correlation-lines.ts';
import { RecordedLog } from './recorded-log.ts';
import { ReplayedTopic, replayedCorrelations, replayedWindows, replaySchemaId } from './replay-graphs.ts';
import { type ReplayCounts, replaySamples } from './replay-input.ts';
import { windowLines } from './window-lines.ts';

/** Takes lines; resolves when more may come. */
export type LineWriter = (lines: readonly string[]) => Promise<void>;

export interface ReplayOptions {
  readonly file: string;
  readonly topologyFile: string | undefined;
  readonly settings: Settings;
  readonly windows: LineWriter | undefined;
  readonly correlations: LineWriter | undefined;
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
}

export interface Replayed extends ReplayCounts {
  /** The ledger of the `windows` stage: in = windowed + undecodable + skewed + late + duplicate. */
  readonly ledger: Readonly<Record<string, number>>;
}

/** A recording through the graphs of the real stages, as one partition, at full speed. */
export async function runReplay(options: ReplayOptions): Promise<Replayed> {
  const { file, settings, say, signal } = options;
  const counts: ReplayCounts = { lines: 0, unusable: 0 };
  const placements = placementsOf(options.topologyFile);
  const windows = replayedWindows({ placements, metrics: settings.windows.tierSecondsMetrics });
  const lines = new Lines(options);
  const correlate = correlationsOf(options);
  const onBatch = (batch: TaskBatch): void => {
    const outputs = windows.push(batch);
    lines.take(outputs);
    lines.take(correlate(outputs, batch.appendTimesMs.at(-1)!));
  };
  const log = new RecordedLog({ schemaId: replaySchemaId, onBatch });
  for await (const sample of replaySamples({ file, say }, counts)) {
    if (signal.aborted) break;
    log.append(sample);
    await lines.write();
  }
  log.end();
  await lines.write();
  return { ...counts, ledger: windows.stats };
}

/** What the seconds of tiers among the outputs of `windows` bring about. */
function correlationsOf({ correlations, settings }: ReplayOptions) {
  if (correlations === undefined) return (): readonly ProduceOutput[] => [];
  const { tierSecondsMetrics: metrics, metricPairs } = settings.windows;
  const stage = replayedCorrelations({ metrics, metricPairs });
  const seconds = new ReplayedTopic('dyno.tier-seconds.v1');
  return (outputs: readonly ProduceOutput[], appendMs: number): readonly ProduceOutput[] => {
    const batch = seconds.batchOf(outputs, appendMs);
    return batch === undefined ? [] : stage.push(batch);
  };
}

/** Lines of what the stages put out, until they are written. */
class Lines {
  readonly #options: ReplayOptions;
  readonly #hostWindows = blockCodec('host-windows');
  readonly #correlations = blockCodec('correlations');
  #windowLines: string[] = [];
  #correlationLines: string[] = [];

  constructor(options: ReplayOptions) {
    this.#options = options;
    for (const codec of [this.#hostWindows, this.#correlations]) codec.addSchema(replaySchemaId, codec.schemaJson);
  }

  take(outputs: readonly ProduceOutput[]): void {
    const { windows, correlations } = this.#options;
    for (const { topic, value } of outputs) {
      if (value === null) continue;
      if (topic === 'dyno.host-windows.v1' && windows !== undefined) {
        const block = this.#hostWindows.decode(value);
        if (block.kind !== 'marker') this.#windowLines.push(...windowLines(block));
      } else if (topic === 'instantdyno.correlations.v1' && correlations !== undefined) {
        const block = this.#correlations.decode(value);
        if (block.kind !== 'marker') this.#correlationLines.push(...correlationLines(block));
      }
    }
  }

  async write(): Promise<void> {
    const { windows, correlations } = this.#options;
    const [ofWindows, ofCorrelations] = [this.#windowLines, this.#correlationLines];
    this.#windowLines = [];
    this.#correlationLines = [];
    if (ofWindows.length > 0) await windows?.(ofWindows);
    if (ofCorrelations.length > 0) await correlations?.(ofCorrelations);
  }
}

function placementsOf(file: string | undefined): PlacementTable {
  const table = new PlacementTable();
  if (file === undefined) return table;
  for (const record of placementsOfInventory(parseInventory({ file, text: textOf(file) }))) table.apply(record);
  return table;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DynoError(
      'DYNO_USAGE_TOPOLOGY',
      `${file} cannot be read (${messageOf(cause)}); name an inventory as docs/examples/topology.yaml`,
      { cause, details: { file } },
    );
  }
}
