import { systemClock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import type { WindowRange } from '../../operators/window/window-range.ts';
import { runBackfill } from '../../pipelines/backfill.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { chooseEpoch, epochChoices } from '../../sinks/clickhouse/current-epochs.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import { type StageName, stageNames } from '../stage-names.ts';
import { openParts } from './parts.ts';
import { PlacementFeed } from './placement-feed.ts';
import { followTopology, stageOf } from './stages.ts';

export interface BackfillAloneOptions {
  readonly names: readonly StageName[];
  readonly settings: Settings;
  /** From a whole hour to a whole ten seconds. */
  readonly range: WindowRange;
  readonly epoch: number;
  readonly signal: AbortSignal;
  readonly stderr: NodeJS.WritableStream;
}

/** Runs a backfill in this process until its range is computed; answers the exit code. */
export async function runBackfillAlone(options: BackfillAloneOptions): Promise<number> {
  const { settings, range, epoch, signal, stderr } = options;
  const names = stageNames.filter((name) => options.names.includes(name));
  const clock = systemClock;
  const parts = await openParts(settings, clock, { clickHouse: names.includes('clickhouse') });
  const placements = new PlacementFeed(parts.registry);
  const topology = await followTopology(parts, clock, placements, epoch);
  try {
    if (parts.clickHouse !== undefined) await keepLiveCurrent(parts.clickHouse, range, settings.epoch);
    const finished = await runBackfill({
      stages: names.map((name) => stageOf(name, { settings, parts, placements, range })),
      range,
      log: parts.log,
      clock,
      epoch,
      signal,
      performInsert: (insert) => {
        if (parts.clickHouse === undefined)
          throw new DynoError('DYNO_USAGE_BACKFILL', `nothing was opened to insert into ${insert.table}`);
        return performInsert(parts.clickHouse, insert);
      },
      broadcastReady: topology.ready,
      onProgress: (stage, recordsLeft) => stderr.write(`${stage}: ${recordsLeft} records to read\n`),
    });
    if (finished)
      stderr.write(
        `dynoscope: ${names.join(', ')} of epoch ${epoch} are computed; "dynoscope epoch use ${epoch}" shows them.\n`,
      );
    return finished ? 0 : 1;
  } finally {
    await topology.stop();
    await parts.close();
  }
}

/** Until somebody chooses the new epoch, the views go on showing the live one in this range. */
async function keepLiveCurrent(clickHouse: ClickHouse, range: WindowRange, epoch: number): Promise<void> {
  const known = await epochChoices(clickHouse);
  if (known.some(({ fromMs, toMs }) => fromMs <= range.fromMs && toMs >= range.toMs)) return;
  await chooseEpoch(clickHouse, { ...range, epoch });
}
