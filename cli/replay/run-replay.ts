import { readFileSync } from 'node:fs';
import { DynoError, messageOf } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import type { ProduceOutput } from '../../pipelines/runtime/stage.ts';
import { blockCodec } from '../../schemas/block-codec.ts';
import { PlacementTable } from '../../schemas/placement-table.ts';
import { parseInventory } from '../../schemas/topology-inventory.ts';
import { placementsOfInventory } from '../../schemas/topology-plan.ts';
import { RecordedLog } from './recorded-log.ts';
import { replayedWindows, replaySchemaId } from './replay-graphs.ts';
import { type ReplayCounts, replaySamples } from './replay-input.ts';
import { windowLines } from './window-lines.ts';

export interface ReplayOptions {
  readonly file: string;
  readonly topologyFile: string | undefined;
  readonly settings: Settings;
  /** Takes lines; resolves when more may come. */
  readonly windows: ((lines: readonly string[]) => Promise<void>) | undefined;
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
  const log = new RecordedLog({ schemaId: replaySchemaId, onBatch: (batch) => lines.take(windows.push(batch)) });
  for await (const sample of replaySamples({ file, say }, counts)) {
    if (signal.aborted) break;
    log.append(sample);
    await lines.write();
  }
  log.end();
  await lines.write();
  return { ...counts, ledger: windows.stats };
}

/** Lines of what the stages put out, until they are written. */
class Lines {
  readonly #options: ReplayOptions;
  readonly #hostWindows = blockCodec('host-windows');
  #windows: string[] = [];

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#hostWindows.addSchema(replaySchemaId, this.#hostWindows.schemaJson);
  }

  take(outputs: readonly ProduceOutput[]): void {
    if (this.#options.windows === undefined) return;
    for (const { topic, value } of outputs) {
      if (topic !== 'dyno.host-windows.v1' || value === null) continue;
      const block = this.#hostWindows.decode(value);
      if (block.kind !== 'marker') this.#windows.push(...windowLines(block));
    }
  }

  async write(): Promise<void> {
    if (this.#windows.length === 0) return;
    const lines = this.#windows;
    this.#windows = [];
    await this.#options.windows?.(lines);
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
