import type { ProducerBatch } from './fetched-records.ts';

/** As a fetch answer names it. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** Version 0, type 0: this transaction was aborted. A commit has type 1. */
const abortMarkerKey = Buffer.from([0, 0, 0, 0]);

/** Is a marker with this key the end of an aborted transaction? */
export const isAbortMarker = (key: Buffer | undefined): boolean => key?.equals(abortMarkerKey) ?? false;

/**
 * The batches that readers may see: no markers, nothing of aborted transactions. The broker names those in the order in
 * which they were aborted; what is needed is the order in which they began.
 */
export function visibleBatches(
  batches: readonly ProducerBatch[],
  aborted: readonly AbortedTransaction[],
): readonly ProducerBatch[] {
  if (aborted.length === 0) return batches.filter(({ isControl }) => !isControl);
  const begun = aborted
    .map(({ producerId, firstOffset }) => ({ producerId: Number(producerId), firstOffset: Number(firstOffset) }))
    .sort((a, b) => a.firstOffset - b.firstOffset);
  const inAborted = new Set<number>();
  let next = 0;
  return batches.filter(({ lastOffset, producerId, inTransaction, isControl, isAbort }) => {
    for (; next < begun.length && begun[next]!.firstOffset <= lastOffset; next++)
      inAborted.add(begun[next]!.producerId);
    if (isAbort) inAborted.delete(producerId);
    return !isControl && !(inTransaction && inAborted.has(producerId));
  });
}
