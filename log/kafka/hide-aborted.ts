/** A record of a fetch answer as kafkajs decodes it. */
export interface DecodedRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  /** Control records (transaction markers) are shown to nobody. */
  isControlRecord: boolean;
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean };
}

export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** Version 0, type 0: this transaction was aborted. A commit has type 1. */
const abortMarkerKey = Buffer.from([0, 0, 0, 0]);

/**
 * Marks the records of aborted transactions as control records, in place. The broker names the aborted transactions in
 * the order in which they were aborted; what is needed is the order in which they began.
 */
export function hideAborted(records: readonly DecodedRecord[], aborted: readonly AbortedTransaction[]): void {
  if (aborted.length === 0) return;
  const begun = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => a.firstOffset - b.firstOffset);
  const inAborted = new Set<string>();
  let next = 0;
  for (const record of records) {
    for (; next < begun.length && begun[next]!.firstOffset <= Number(record.offset); next++)
      inAborted.add(begun[next]!.producerId);
    const { producerId = '', inTransaction = false } = record.batchContext ?? {};
    if (record.isControlRecord) {
      if (record.key?.equals(abortMarkerKey)) inAborted.delete(producerId);
    } else if (inTransaction && inAborted.has(producerId)) record.isControlRecord = true;
  }
}
