import type { ByteList } from '../base/byte-list.ts';

/**
 * The log port: all that Dynoscope asks of a partitioned log. Two adapters, `kafka/` and `embedded/`, pass one contract
 * suite (`contract.ts`). Delivery is at-least-once; what makes results exact is in `pipelines/runtime/`.
 */

/** `copartitioned`: partition n of every topic goes to one member together. `single`: each topic-partition by itself. `broadcast`: every member gets every partition. */
export type Assignment = 'copartitioned' | 'single' | 'broadcast';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export type RecordHeaders = Readonly<Record<string, Buffer>>;

/**
 * Records of one partition as they were fetched, in offset order and in columns; index i is one record.
 * Transaction markers and records of aborted transactions are left out. Buffers are valid for good (not reused), but for `reuseMemory`.
 */
export interface RecordBatch extends TopicPartition {
  readonly count: number;
  readonly offsets: Float64Array;
  /** Append time at the log, milliseconds (`message.timestamp.type=LogAppendTime`). */
  readonly appendTimesMs: Float64Array;
  readonly keys: ByteList;
  readonly values: ByteList;
  /** May be shorter than `count`: the rest has none. */
  readonly headers: readonly (RecordHeaders | undefined)[];
  /** Where the next fetch starts: at least the last offset + 1. */
  readonly nextOffset: number;
  /** End of the partition as known at this fetch; `nextOffset >= endOffset` = everything has been read. */
  readonly endOffset: number;
}

export interface ProduceRecord extends TopicPartition {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders;
}

/** A position of a group with what the task wants to find again; metadata ≤ 4,000 bytes. */
export interface GroupOffset extends TopicPartition {
  readonly offset: number;
  readonly metadata: string;
}

export type Cleanup = 'delete' | 'compact' | 'compact+delete';

export interface TopicSettings {
  readonly name: string;
  readonly partitions: number;
  readonly cleanup: Cleanup;
  readonly retentionMs: number;
}

/** Plain producer: idempotent where the log knows that, acknowledged by all replicas. */
export interface Producer {
  /** Resolves when all records are in the log, in order within each partition; rejects (retryable) when it cannot tell. */
  send(records: readonly ProduceRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** One open transaction: all of it becomes visible together at `commit`, or none. Once committed, nothing reads the buffers that were sent: their memory may be used again. */
export interface Transaction {
  send(records: readonly ProduceRecord[]): Promise<void>;
  sendOffsets(group: string, offsets: readonly GroupOffset[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/**
 * Owner of a transactional id. Opening a second one with the same id fences the first: from then on every call of the
 * first rejects with code `DYNO_LOG_FENCED` (not retryable). After any other error the outcome is unknown: close this
 * one, open a new one, read the committed offsets again.
 */
export interface TransactionalProducer {
  begin(): Promise<Transaction>;
  close(): Promise<void>;
}

export interface SubscribeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly assignment: Assignment;
  /** The listener keeps nothing of a batch once `onBatch` has resolved, no view of a key, value or header: the memory may be used again. */
  readonly reuseMemory?: boolean;
  /** Label of this member in the log's own tools. */
  readonly clientId?: string;
}

export interface SubscriptionListener {
  /**
   * The whole new assignment, after a join or any rebalance. Every partition in it is paused and at no position in
   * particular: the listener must `seek` and `resume` each one, now or later. Synchronous.
   */
  onAssigned(assigned: readonly TopicPartition[]): void;
  /**
   * The next batch of that partition comes only after this resolves. Must not reject. A batch without records (`count` 0)
   * says that nothing but transaction markers and aborted records was passed: it moves the position to `nextOffset`.
   */
  onBatch(batch: RecordBatch): Promise<void>;
  /** The subscription is dead (after its own retries); nothing more will come. */
  onDead(error: unknown): void;
}

export interface Subscription {
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** The next batch of the partition starts at this offset (a batch under way is not recalled). */
  seek(partition: TopicPartition, offset: number): void;
  /** Commits positions of this group outside any transaction. */
  commitOffsets(offsets: readonly GroupOffset[]): Promise<void>;
  /** Leaves the group; resolves when no `onBatch` is running. */
  stop(): Promise<void>;
}

export interface TopicState {
  readonly topic: string;
  /** First offset still kept, per partition. */
  readonly startOffsets: readonly number[];
  /** Offset after the last record, per partition. */
  readonly endOffsets: readonly number[];
}

export interface Log {
  /** Creates missing topics and raises nothing else: a topic that exists with other settings is reported by `checkTopics`. */
  createTopics(topics: readonly TopicSettings[]): Promise<void>;
  /** One sentence per difference between what is wanted and what is there; empty = all well. */
  checkTopics(topics: readonly TopicSettings[]): Promise<readonly string[]>;
  topicState(topic: string): Promise<TopicState>;
  producer(): Promise<Producer>;
  transactionalProducer(transactionalId: string): Promise<TransactionalProducer>;
  /** Committed offset and metadata, `undefined` where the group has none. Same order as asked. */
  committedOffsets(group: string, partitions: readonly TopicPartition[]): Promise<readonly (GroupOffset | undefined)[]>;
  subscribe(options: SubscribeOptions, listener: SubscriptionListener): Promise<Subscription>;
  /** All committed records from `fromOffset` (default: the first kept) to the end as it is now. No group. */
  read(partition: TopicPartition, fromOffset?: number): AsyncIterable<RecordBatch>;
  close(): Promise<void>;
}
