import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../log/port.ts';

export interface TailRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** By the log's clock. */
  readonly appendMs: number;
  /** Time since the log took the record, at most. `ageUnknownMs` or more: it cannot be told. */
  readonly ageMs: number;
}

export interface TailReader {
  /** Records come from the beginning from now on, at the first poll and after the topic was made anew. */
  begin(): void;
  /** May reject: the same record is then given again by the next poll. */
  take(record: TailRecord): Promise<void>;
}

export interface PartitionTailOptions {
  readonly log: Pick<Log, 'topicState' | 'read'>;
  readonly topic: string;
  /** Which of so many partitions. */
  readonly partition: (partitions: number) => number;
  /** Where the first poll begins; `end` = with what comes after it. */
  readonly from: 'start' | 'end';
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** One look at the end of the partition: whatever lies behind that end came after the look had begun. */
interface Look {
  readonly startedMs: number;
  readonly endOffset: number;
}

/** Looks are kept so long. A record that none of them bounds counts as this old: no command lives so long. */
export const ageUnknownMs = 60_000;

/**
 * Follows one partition without a group, by polling, and says of each record how old it can be without asking a wall
 * clock, neither ours nor the broker's: a record behind the end that a look saw was appended after that look began. The
 * end counts open transactions too, so a record is as old as its append, not as its commit. (What no look can see is a
 * record that waits for replicas in sync: it ages from the moment when the log has it for good.)
 */
export class PartitionTail {
  readonly #options: PartitionTailOptions;
  /** The oldest first. */
  #looks: Look[] = [];
  #nextOffset: number | undefined;

  constructor(options: PartitionTailOptions) {
    this.#options = options;
  }

  /** Reads to the end; answers when this poll began, on the monotonic clock. Rejects when the log is away. */
  async poll(reader: TailReader): Promise<number> {
    const { log, topic, from, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    const { endOffsets } = await log.topicState(topic);
    const partition = this.#options.partition(endOffsets.length);
    const endOffset = endOffsets[partition] ?? 0;
    if (this.#nextOffset === undefined || endOffset < this.#nextOffset) {
      this.#looks = [];
      this.#nextOffset = from === 'end' ? endOffset : 0;
      reader.begin();
    }
    this.#looks = this.#looks.filter((look) => startedMs - look.startedMs < ageUnknownMs);
    this.#looks.push({ startedMs, endOffset });
    if (this.#nextOffset >= endOffset) return startedMs;
    for await (const batch of log.read({ topic, partition }, this.#nextOffset)) {
      for (let i = 0; i < batch.count; i++) {
        const offset = batch.offsets[i]!;
        if (offset < this.#nextOffset) continue;
        const [key, value] = [batch.keys.at(i) ?? null, batch.values.at(i) ?? null];
        const appendMs = batch.appendTimesMs[i]!;
        await reader.take({ offset, key, value, appendMs, ageMs: this.#ageMs(offset) });
        this.#nextOffset = offset + 1;
      }
      this.#nextOffset = Math.max(this.#nextOffset, batch.nextOffset);
    }
    return startedMs;
  }

  #ageMs(offset: number): number {
    const look = this.#looks.findLast(({ endOffset }) => endOffset <= offset);
    return look === undefined ? ageUnknownMs : this.#options.clock.monotonicMs() - look.startedMs;
  }
}
