import type { GroupOffset, Log, TopicPartition } from '../../log/port.ts';

export interface BeginAtTimeOptions {
  readonly log: Log;
  readonly topic: string;
  readonly group: string;
  /** Of the task of a partition: who commits here must be who will write. */
  readonly transactionalIdOf: (partition: number) => string;
  /** Reading begins with the first record that was appended then or later. */
  readonly appendedFromMs: number;
}

/** Commits where a group begins, for partitions where it has not begun yet. A group that has begun goes on. */
export async function beginAtTime(options: BeginAtTimeOptions): Promise<void> {
  const { log, topic, group, appendedFromMs } = options;
  const { endOffsets } = await log.topicState(topic);
  const partitions = endOffsets.map((_, partition) => ({ topic, partition }));
  const committed = await log.committedOffsets(group, partitions);
  for (const [at, partition] of partitions.entries()) {
    if (committed[at] !== undefined) continue;
    const offset = await firstOffsetAppendedFrom(log, partition, appendedFromMs);
    const metadata = JSON.stringify({ position: offset });
    await commitAlone(log, options.transactionalIdOf(partition.partition), group, { ...partition, offset, metadata });
  }
}

/** One offset in a transaction of its own: the log has no other way to commit for who is no member. */
export async function commitAlone(log: Log, transactionalId: string, group: string, at: GroupOffset): Promise<void> {
  const producer = await log.transactionalProducer(transactionalId);
  try {
    const transaction = await producer.begin();
    await transaction.sendOffsets(group, [at]);
    await transaction.commit();
  } finally {
    await producer.close();
  }
}

type ReadableLog = Pick<Log, 'topicState' | 'read'>;

/** Append times never go back: halving finds the offset with a few looks. The end, when all records are older. */
export async function firstOffsetAppendedFrom(log: ReadableLog, at: TopicPartition, fromMs: number): Promise<number> {
  const state = await log.topicState(at.topic);
  let low = state.startOffsets[at.partition] ?? 0;
  let high = state.endOffsets[at.partition] ?? 0;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = await firstRecordFrom(log, at, middle);
    if (found !== undefined && found.appendMs < fromMs) low = found.offset + 1;
    else high = middle;
  }
  return low;
}

async function firstRecordFrom(
  log: ReadableLog,
  at: TopicPartition,
  offset: number,
): Promise<{ readonly offset: number; readonly appendMs: number } | undefined> {
  for await (const batch of log.read(at, offset))
    for (let i = 0; i < batch.count; i++)
      if (batch.offsets[i]! >= offset) return { offset: batch.offsets[i]!, appendMs: batch.appendTimesMs[i]! };
  return undefined;
}
