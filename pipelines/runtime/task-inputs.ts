import type { GroupOffset, Log, RecordBatch, TopicPartition } from '../../log/port.ts';
import type { Restored } from './stage.ts';

/** Where a task stands on one of its inputs. */
export interface InputState extends TopicPartition {
  /** Next offset that the graph has not been given since the last seek. */
  expected: number;
  /** Everything below was accounted for in a commit; above it is new. */
  position: number;
  /** End of the partition as last seen. */
  end: number;
  /** Append time of the newest record seen, ms; NaN before the first. */
  newestAppendMs: number;
}

export interface InputsAtTakeOver {
  readonly inputs: readonly InputState[];
  readonly restored: readonly Restored[];
  /** Records that the log no longer keeps although they were not yet accounted for. */
  readonly lostRecords: number;
  /** Records of open windows that the log no longer keeps: those windows come out incomplete. */
  readonly lostRebuildRecords: number;
}

/**
 * Where to start reading, from the committed offsets and what the log still keeps. A committed position beyond the end
 * means another log under the same name: reading starts afresh at the first kept record.
 */
export async function inputsAtTakeOver(
  log: Log,
  partitions: readonly TopicPartition[],
  committed: readonly (GroupOffset | undefined)[],
): Promise<InputsAtTakeOver> {
  const inputs: InputState[] = [];
  const restored: Restored[] = [];
  let lostRecords = 0;
  let lostRebuildRecords = 0;
  for (const [index, { topic, partition }] of partitions.entries()) {
    const state = await log.topicState(topic);
    const start = state.startOffsets[partition] ?? 0;
    const end = state.endOffsets[partition] ?? 0;
    const found = committed[index];
    const position = found === undefined ? start : positionIn(found);
    if (found === undefined || position > end) {
      inputs.push({ topic, partition, expected: start, position: start, end, newestAppendMs: Number.NaN });
      if (found !== undefined) lostRecords += position - end;
      continue;
    }
    lostRecords += Math.max(0, start - position);
    lostRebuildRecords += Math.max(0, Math.min(start, position) - found.offset);
    const expected = Math.max(found.offset, start);
    inputs.push({ topic, partition, expected, position: Math.max(position, start), end, newestAppendMs: Number.NaN });
    restored.push({ topic, partition, lowOffset: found.offset, metadata: found.metadata });
  }
  return { inputs, restored, lostRecords, lostRebuildRecords };
}

/** The position in commit metadata; without one (another tool moved the group's offset) the offset itself. */
function positionIn(committed: GroupOffset): number {
  try {
    const metadata: unknown = JSON.parse(committed.metadata);
    const position = (metadata as { position?: unknown } | null)?.position;
    return typeof position === 'number' && Number.isSafeInteger(position) ? position : committed.offset;
  } catch {
    return committed.offset;
  }
}

/** Notes what a batch says of the partition, after the graph has been given it. */
export function advance(input: InputState, batch: RecordBatch): void {
  input.expected = Math.max(input.expected, batch.nextOffset);
  input.end = Math.max(batch.endOffset, input.expected);
  if (batch.count > 0) input.newestAppendMs = batch.appendTimesMs[batch.count - 1]!;
}
