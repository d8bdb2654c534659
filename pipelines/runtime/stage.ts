import type { OperatorFunction } from 'rxjs';
import type { Assignment, ProduceRecord, RecordBatch } from '../../log/port.ts';
import type { RowFormat } from '../../sinks/clickhouse/row-format.ts';

/** A batch as a graph sees it. `replayed`: all its records lie below the committed position; rebuild state, say nothing. */
export interface TaskBatch extends RecordBatch {
  readonly replayed: boolean;
}

/** Records for other topics; in the transaction of the commit. */
export interface ProduceOutput extends ProduceRecord {
  readonly kind: 'produce';
}

/** Rows for ClickHouse, performed before the commit; a repeat with the same token is dropped by ClickHouse. */
export interface InsertOutput {
  readonly kind: 'insert';
  readonly table: string;
  /** `table:topic-partition:epoch:window-or-slot` */
  readonly token: string;
  /** Names of the columns, in the order of the fields in `rows`. */
  readonly columns: readonly string[];
  readonly format: RowFormat;
  readonly rows: Buffer;
  readonly rowCount: number;
}

export type Output = ProduceOutput | InsertOutput;

/** What a task commits for one of its inputs. */
export interface Checkpoint {
  readonly topic: string;
  readonly partition: number;
  /** Where a rebuild starts: the first record of the oldest open window, else the position. */
  readonly lowOffset: number;
  /**
   * JSON, ≤ 3,000 bytes: `position` (the next record that has not been seen) and what else the graph wants back.
   * Records from `lowOffset` to `position` come again as `replayed` after a restart.
   */
  readonly metadata: string;
}

/** What a task gets back of one input after a restart or take-over. */
export interface Restored {
  readonly topic: string;
  readonly partition: number;
  readonly lowOffset: number;
  readonly metadata: string;
}

/**
 * One task's graph. `operator` is synchronous and pure: the runtime pushes a batch and takes what comes out before the
 * call returns. `checkpoint` = the state after the last batch pushed. `urgent` = a window was closed: commit now.
 */
export interface TaskGraph {
  readonly operator: OperatorFunction<TaskBatch, Output>;
  checkpoint(): readonly Checkpoint[];
  urgent(): boolean;
  /** Counts for status and the ledger. */
  stats(): Readonly<Record<string, number>>;
  /**
   * For stages with `ticks`: may this partition be ticked when it is idle? True while it is empty or its newest data
   * record was at most 60 s old when it was appended: a backlog is never ticked past.
   */
  live?(): boolean;
  /**
   * For stages with `tickEveryMs`: the wall clock went on. What it answers is committed at once. Not called while a batch
   * waits or is worked on, nor while the past is read again.
   */
  tick?(tick: GraphTick): readonly Output[];
  /** The task lets go in order: last words, committed with what is pending. */
  stopping?(tick: GraphTick): readonly Output[];
}

/** What time it is where the task runs. */
export interface GraphTick {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export interface TaskIdentity {
  readonly stage: string;
  /** Epoch of the settings: raised by backfills and changes of partition counts. */
  readonly epoch: number;
  /** Partition number of the co-partitioned inputs; for `single`, with `topic`, the one topic-partition. */
  readonly partition: number;
  readonly topics: readonly string[];
}

export interface StateRecord {
  readonly key: string;
  readonly value: Buffer;
}

export interface GraphStart {
  readonly identity: TaskIdentity;
  /** One entry per input that has a committed offset; empty = a fresh start from the first kept record. */
  readonly restored: readonly Restored[];
  /** Newest value of each key of this task's partition of `stateTopic`, oldest first; empty without one. */
  readonly stateRecords: readonly StateRecord[];
  /** Partition count of a topic. */
  partitionsOf(topic: string): number;
}

/** One stage: one consumer group, one graph. Everything between stages is a topic. */
export interface Stage {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly assignment: Exclude<Assignment, 'broadcast'>;
  /** Topics it writes; the runtime asks for their partition counts. */
  readonly outputs: readonly string[];
  /** `transaction`: outputs and offsets in one transaction. `insert`: inserts first, then plain offsets. */
  readonly delivery: 'transaction' | 'insert';
  /** The graph keeps copies only: of a batch that was pushed it reads no byte again, so that its memory can be used again. */
  readonly keepsCopiesOnly?: boolean;
  /** Everything asynchronous that a batch needs before it is pushed: writer schemas. Rejects (retryable) = the task pauses. */
  prepare(batch: RecordBatch): Promise<void>;
  /** For `insert` stages: what the sink must know before the first insert (newest window in ClickHouse). */
  beforeStart?(identity: TaskIdentity): Promise<void>;
  graph(start: GraphStart): TaskGraph;
  /** Compacted topic, partitioned like the inputs, where closed slices of long windows are kept. */
  readonly stateTopic?: string;
  /** How often `tick` of its graphs is called. */
  readonly tickEveryMs?: number;
  /** Topic whose idle partitions this stage keeps moving with ticks. */
  readonly ticks?: string;
}
