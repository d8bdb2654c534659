import type { Log } from '../../log/port.ts';
import type { TierSecondsBlock, WindowMarker } from '../../schemas/blocks.ts';
import type { LoadTestStep } from '../../schemas/load-test-records.ts';
import type { WeightCommand } from '../../schemas/weight-records.ts';
import { quantile } from '../bench/quantile.ts';
import { type Appended, recordsOfTier } from './log-view.ts';

export interface ControlRecords {
  readonly seconds: readonly Appended<TierSecondsBlock | WindowMarker>[];
  readonly steps: readonly Appended<LoadTestStep>[];
  readonly commands: readonly Appended<WeightCommand>[];
}

export interface ControlLatency {
  readonly commands: number;
  readonly p50S: number;
  readonly p99S: number;
  readonly maxS: number;
}

/**
 * From the end of a second to the append of the command that was decided from it. The second of a command is the newest
 * whose last marker was in the log when it was decided: all sources have closed it then.
 */
export function controlLatency(records: ControlRecords): ControlLatency {
  const complete = completedSeconds(records.seconds);
  const decidedMs = new Map(
    records.steps.flatMap(({ value: { commandSeq, epoch, timeMs } }) =>
      commandSeq === undefined ? [] : [[`${epoch}/${commandSeq}`, timeMs] as const],
    ),
  );
  const latenciesS = records.commands.flatMap(({ value: { epoch, seq }, appendMs }) => {
    const atMs = decidedMs.get(`${epoch}/${seq}`);
    const second = atMs === undefined ? undefined : complete.findLast((each) => each.completeMs <= atMs);
    return second === undefined ? [] : [(appendMs - second.endMs) / 1_000];
  });
  const rounded = (share: number): number => Math.round(1_000 * quantile(latenciesS, share)) / 1_000;
  return { commands: latenciesS.length, p50S: rounded(0.5), p99S: rounded(0.99), maxS: rounded(1) };
}

export const controlRecordsOf = async (log: Log, tier: string): Promise<ControlRecords> => ({
  seconds: await recordsOfTier(log, 'dyno.tier-seconds.v1', tier),
  steps: await recordsOfTier(log, 'instantdyno.loadtests.v1', tier),
  commands: await recordsOfTier(log, 'loadbalancer.control.v1', tier),
});

/** Seconds in order, with when the last of their sources said that it was closed. */
function completedSeconds(seconds: ControlRecords['seconds']) {
  const closedThroughMs = new Map<number, number>();
  const complete: { readonly endMs: number; readonly completeMs: number }[] = [];
  for (const { value, appendMs } of seconds) {
    if (value.kind !== 'marker') continue;
    closedThroughMs.set(value.source, Math.max(value.closedThroughMs, closedThroughMs.get(value.source) ?? 0));
    if (closedThroughMs.size < value.sources) continue;
    const endMs = Math.min(...closedThroughMs.values());
    if (endMs > (complete.at(-1)?.endMs ?? 0)) complete.push({ endMs, completeMs: appendMs });
  }
  return complete;
}
