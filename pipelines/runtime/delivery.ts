import type { GroupOffset, Log, ProduceRecord, TransactionalProducer } from '../../log/port.ts';
import type { InsertOutput, Output } from './stage.ts';

/** Where a crash can be put by a test: around each step of a take-over, of a rebuild and of a commit. */
export type CommitPoint =
  | 'before_own'
  | 'after_own'
  | 'rebuilding'
  | 'before_begin'
  | 'after_begin'
  | 'after_send'
  | 'after_offsets'
  | 'after_commit'
  | 'before_insert'
  | 'after_insert';

/** How a task's outputs and offsets become one fact. */
export interface Delivery {
  /** Makes this process the owner: whoever owned the task before is fenced from now on. */
  own(): Promise<void>;
  /**
   * All outputs and offsets, or (after a crash) a repeat that changes nothing. An error = outcome unknown. Once the
   * signal is aborted the task may belong to somebody else: what nothing fences is not written any more. `stillOwner`
   * rejects where somebody else has gone on with the task.
   */
  commit(
    outputs: readonly Output[],
    offsets: readonly GroupOffset[],
    signal: AbortSignal,
    stillOwner: () => Promise<void>,
  ): Promise<void>;
  /** Gives up ownership; the next commit needs `own` first. */
  disown(): Promise<void>;
}

export interface TransactionDeliveryOptions {
  readonly log: Log;
  readonly group: string;
  /** `<stage>-e<epoch>-<n>`: one per task, so that a new owner fences the old one. */
  readonly transactionalId: string;
  readonly at?: (point: CommitPoint) => void;
}

/** Outputs, state records and input offsets in one transaction, opened only to commit. */
export function transactionDelivery({
  log,
  group,
  transactionalId,
  at = () => {},
}: TransactionDeliveryOptions): Delivery {
  let producer: TransactionalProducer | undefined;
  return {
    async own() {
      producer = await log.transactionalProducer(transactionalId);
    },
    async commit(outputs, offsets) {
      if (producer === undefined) throw new Error('commit before own: a defect of the runtime');
      at('before_begin');
      const transaction = await producer.begin();
      at('after_begin');
      const records = outputs.map(asRecord);
      if (records.length > 0) await transaction.send(records);
      at('after_send');
      await transaction.sendOffsets(group, offsets);
      at('after_offsets');
      await transaction.commit();
      at('after_commit');
    },
    async disown() {
      const closing = producer;
      producer = undefined;
      await closing?.close();
    },
  };
}

function asRecord(output: Output): ProduceRecord {
  if (output.kind !== 'produce') throw new Error(`a transaction stage may not ${output.kind}: a defect of the stage`);
  return output;
}

export interface InsertDeliveryOptions {
  readonly performInsert: (insert: InsertOutput) => Promise<void>;
  readonly commitOffsets: (offsets: readonly GroupOffset[]) => Promise<void>;
  readonly at?: (point: CommitPoint) => void;
}

/** Inserts first, then plain offsets: a crash between the two repeats the same insert with the same token. */
export function insertDelivery({ performInsert, commitOffsets, at = () => {} }: InsertDeliveryOptions): Delivery {
  // Tried again because the log did not take the offsets, inserts of a long backlog would be more than tables have tokens for.
  const acknowledged = new WeakSet<Output>();
  return {
    own: () => Promise.resolve(),
    async commit(outputs, offsets, signal, stillOwner) {
      for (const output of outputs) {
        if (acknowledged.has(output)) continue;
        await stillOwner();
        signal.throwIfAborted();
        if (output.kind !== 'insert') throw new Error(`an insert stage may not ${output.kind}: a defect of the stage`);
        at('before_insert');
        await performInsert(output);
        acknowledged.add(output);
        at('after_insert');
      }
      if (outputs.length > 0) await stillOwner();
      // A member that was frozen and joined again would set the offsets of the owner between back to its own.
      signal.throwIfAborted();
      await commitOffsets(offsets);
      at('after_commit');
    },
    disown: () => Promise.resolve(),
  };
}
