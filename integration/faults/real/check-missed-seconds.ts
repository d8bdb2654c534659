import { deepEqual } from 'node:assert/strict';
import type { Log } from '../../../log/port.ts';
import { counters } from '../../../schemas/counters.ts';
import type { PartitionTruth } from '../../kill/log-contents.ts';
import { expectedWindows } from '../../oracle/expected-windows.ts';

export interface MissedSecondsToCheck {
  readonly log: Log;
  readonly truths: readonly PartitionTruth[];
  readonly schemas: ReadonlyMap<number, string>;
  readonly metrics: readonly string[];
}

/**
 * Samples that came too late for their second, and only for that, are counted: each task's last commit says as many as
 * plain loops over the records below its position. Answers their sum.
 */
export async function checkMissedSeconds({ log, truths, schemas, metrics }: MissedSecondsToCheck): Promise<number> {
  let total = 0;
  for (const { partition, records } of truths) {
    const [committed] = await log.committedOffsets('windows-e1', [{ topic: 'dyno.counters.v1', partition }]);
    const { position, missedSeconds } = JSON.parse(committed!.metadata) as { position: number; missedSeconds: number };
    const below = records.filter(({ offset }) => offset < position);
    const expected = expectedWindows(below, { schemas, catalogue: counters, metrics });
    deepEqual({ partition, missedSeconds }, { partition, missedSeconds: expected.missedSeconds });
    total += missedSeconds;
  }
  return total;
}
