import type { WindowRange } from '../operators/window/window-range.ts';
import { beginBackfill, hasClosed } from './backfill-range.ts';
import { type ReadToEndOptions, readToEnd } from './runtime/read-to-end.ts';
import type { Stage } from './runtime/stage.ts';

export interface BackfillOptions extends Omit<ReadToEndOptions, 'stage' | 'isDone' | 'onProgress'> {
  /** In the order of the data, those that are wanted: windows (with its range), tiers, clickhouse (windows only). */
  readonly stages: readonly Stage[];
  /** From a whole hour to a whole ten seconds. */
  readonly range: WindowRange;
  readonly onProgress?: (stage: string, recordsLeft: number) => void;
}

/**
 * Computes a past range again under an epoch of its own, beside the live one: own groups, own transactional ids, own
 * tokens, own rows. One stage after another, each until it has read what there is. The same again finds its groups at
 * the end and writes nothing. Answers false when the signal ended it before.
 */
export async function runBackfill(options: BackfillOptions): Promise<boolean> {
  const { stages, range, log, epoch, onProgress = () => {} } = options;
  for (const stage of stages) {
    const isWindows = stage.name === 'windows';
    if (isWindows) await beginBackfill(log, range, epoch);
    const finished = await readToEnd({
      ...options,
      stage,
      ...(isWindows && { isDone: (task) => hasClosed(task.stats, range) }),
      onProgress: (recordsLeft) => onProgress(stage.name, recordsLeft),
    });
    if (!finished) return false;
  }
  return true;
}
