import type { RecordBatch } from '../../log/port.ts';
import type { TaskBatch } from './stage.ts';

/**
 * Cuts a batch at the position that was committed: what lies below comes as `replayed`, the rest as new. Records below
 * `fromOffset` (a fetch that began before a seek) are left out. Empty slices are left out, unless both are empty: that
 * the log goes on without records there (transaction markers) still moves the position, and may be the end of it.
 */
export function sliceAtPosition(batch: RecordBatch, fromOffset: number, position: number): readonly TaskBatch[] {
  const from = firstAtOrAbove(batch, fromOffset);
  const cut = Math.max(from, firstAtOrAbove(batch, position));
  const slices: TaskBatch[] = [];
  if (cut > from) {
    const nextOffset = Math.min(Math.max(position, batch.offsets[cut - 1]! + 1), batch.nextOffset);
    slices.push(sliceOf(batch, { from, to: cut, nextOffset, replayed: true }));
  }
  // Also without records: that the log has been read to its end is new, and what was open may be given out.
  if (cut < batch.count || (cut > from && batch.nextOffset > position))
    slices.push(sliceOf(batch, { from: cut, to: batch.count, nextOffset: batch.nextOffset, replayed: false }));
  if (slices.length === 0 && batch.nextOffset > fromOffset) {
    const { nextOffset } = batch;
    slices.push(sliceOf(batch, { from: cut, to: cut, nextOffset, replayed: nextOffset <= position }));
  }
  return slices;
}

/** The batch in pieces of so many records at most; of one without records, itself. */
export function piecesOf(batch: TaskBatch, recordsMax: number): readonly TaskBatch[] {
  if (batch.count <= recordsMax) return [batch];
  return Array.from({ length: Math.ceil(batch.count / recordsMax) }, (_, piece) => {
    const from = piece * recordsMax;
    const to = Math.min(from + recordsMax, batch.count);
    const nextOffset = to === batch.count ? batch.nextOffset : batch.offsets[to]!;
    return sliceOf(batch, { from, to, nextOffset, replayed: batch.replayed });
  });
}

function firstAtOrAbove(batch: RecordBatch, offset: number): number {
  let low = 0;
  let high = batch.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (batch.offsets[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly nextOffset: number;
  readonly replayed: boolean;
}

function sliceOf(batch: RecordBatch, { from, to, nextOffset, replayed }: Cut): TaskBatch {
  if (from === 0 && to === batch.count) return { ...batch, nextOffset, replayed };
  return {
    topic: batch.topic,
    partition: batch.partition,
    count: to - from,
    offsets: batch.offsets.subarray(from, to),
    appendTimesMs: batch.appendTimesMs.subarray(from, to),
    keys: batch.keys.slice(from, to),
    values: batch.values.slice(from, to),
    headers: batch.headers.slice(from, to),
    nextOffset,
    endOffset: batch.endOffset,
    replayed,
  };
}
