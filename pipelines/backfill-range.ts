import { DynoError } from '../base/errors.ts';
import type { Log } from '../log/port.ts';
import type { WindowRange } from '../operators/window/window-range.ts';
import { beginAtTime, commitAlone } from './runtime/begin-at-time.ts';
import { countersTopic } from './windows.ts';

/** Read before the range, so that the clock of each partition stands where it stood then: skew, spools, holds. */
const leadMs = 300_000;

/**
 * Prepares the group of the windows stage of an epoch to begin at the range. The range is kept beside it: one epoch
 * holds one range, and the same again only goes on with what is missing.
 */
export async function beginBackfill(log: Log, range: WindowRange, epoch: number): Promise<void> {
  const at = { topic: countersTopic, partition: 0 };
  const group = `backfill-e${epoch}`;
  const [known] = await log.committedOffsets(group, [at]);
  const metadata = JSON.stringify(range);
  if (known !== undefined && known.metadata !== metadata) {
    const { fromMs, toMs } = JSON.parse(known.metadata) as WindowRange;
    throw new DynoError(
      'DYNO_USAGE_BACKFILL',
      `epoch ${epoch} holds the range ${iso(fromMs)} … ${iso(toMs)}, not ${iso(range.fromMs)} … ${iso(range.toMs)}; take another epoch`,
    );
  }
  if (known === undefined) await commitAlone(log, group, group, { ...at, offset: 0, metadata });
  await beginAtTime({
    log,
    topic: countersTopic,
    group: `windows-e${epoch}`,
    transactionalIdOf: (partition) => `windows-e${epoch}-${partition}`,
    appendedFromMs: range.fromMs - leadMs,
  });
}

/** Whether a task of the windows stage has closed the range: its 10-s windows close 15 s after their end. */
export const hasClosed = (stats: Readonly<Record<string, number>>, range: WindowRange): boolean =>
  (stats['watermark_ms'] ?? 0) >= range.toMs + 15_000;

const iso = (ms: number): string => new Date(ms).toISOString();
