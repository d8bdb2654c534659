import type { Log } from '../../../log/port.ts';
import { until } from '../../system/running.ts';

const withinMs = 240_000;
/** From the end of a 10-s window until it closes: its lateness, the watermark's second, and a tick. */
const closesAfterMs = 10_000 + 15_000 + 1_000;

/**
 * Resolves when every window of the records through `lastMs` has closed, and all that the stages said of them has gone
 * through the stages behind them.
 */
export async function settled(log: Log, lastMs: number): Promise<void> {
  const input = 'dyno.counters.v1';
  await until('the windows of the last records to close', withinMs, async () => {
    const states = await statesOf<{ clock: { watermarkMs: number | null } }>(log, 'windows-e1', input);
    return states.every((state) => (state?.clock.watermarkMs ?? 0) >= lastMs + closesAfterMs) ? true : undefined;
  });
  // Upstream first: what a stage says while it catches up must be read by the next one too.
  await caughtUp(log, 'tiers-e1', 'dyno.host-windows.v1');
  for (const topic of ['dyno.host-windows.v1', 'dyno.tier-seconds.v1', 'dyno.tier-windows.v1'])
    await caughtUp(log, 'clickhouse-e1', topic);
}

async function caughtUp(log: Log, group: string, topic: string): Promise<void> {
  const { endOffsets } = await log.topicState(topic);
  await until(`${group} to read ${topic}`, withinMs, async () => {
    const states = await statesOf<{ position: number }>(log, group, topic);
    return states.every((state, partition) => (state?.position ?? 0) >= endOffsets[partition]!) ? true : undefined;
  });
}

/** What the tasks of a group have committed as metadata, by partition. */
async function statesOf<T>(log: Log, group: string, topic: string): Promise<(T | undefined)[]> {
  const { endOffsets } = await log.topicState(topic);
  const inputs = Array.from(endOffsets, (_, partition) => ({ topic, partition }));
  const committed = await log.committedOffsets(group, inputs);
  return committed.map((found) => (found === undefined ? undefined : (JSON.parse(found.metadata) as T)));
}
