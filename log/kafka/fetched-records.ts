import { ByteSpans } from '../../base/byte-list.ts';
import type { RecordHeaders } from '../port.ts';

/** Records of one fetched partition in columns; index i is one record. */
export interface RecordColumns {
  readonly count: number;
  readonly offsets: Float64Array;
  /** Append time where the broker sets it, else the writer's. */
  readonly timesMs: Float64Array;
  readonly keys: ByteSpans;
  readonly values: ByteSpans;
  /** As long as the last record that has some. */
  readonly headers: readonly (RecordHeaders | undefined)[];
}

/** What a producer sent in one piece, as the log keeps it. */
export interface ProducerBatch {
  /** Its records in the columns: from, up to but without. */
  readonly from: number;
  readonly to: number;
  /** Offset of its last record, also when compaction took that one. */
  readonly lastOffset: number;
  readonly producerId: number;
  readonly inTransaction: boolean;
  /** Transaction markers: shown to nobody. */
  readonly isControl: boolean;
  /** A marker that says: this transaction was aborted. */
  readonly isAbort: boolean;
}

export interface FetchedRecords extends RecordColumns {
  readonly batches: readonly ProducerBatch[];
}

/** Columns of the records of these batches only. */
export function recordsOf(records: RecordColumns, batches: readonly ProducerBatch[]): RecordColumns {
  const indexes = batches.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
  const spans = ({ buffer, starts, lengths }: ByteSpans): ByteSpans =>
    new ByteSpans({
      buffer,
      starts: Uint32Array.from(indexes, (index) => starts[index]!),
      lengths: Int32Array.from(indexes, (index) => lengths[index]!),
    });
  return {
    count: indexes.length,
    offsets: Float64Array.from(indexes, (index) => records.offsets[index]!),
    timesMs: Float64Array.from(indexes, (index) => records.timesMs[index]!),
    keys: spans(records.keys),
    values: spans(records.values),
    headers: indexes.map((index) => records.headers[index]),
  };
}

/** The records from one index up to, but without, another. */
export function recordsBetween(records: RecordColumns, from: number, to: number): RecordColumns {
  if (from === 0 && to === records.count) return records;
  return {
    count: to - from,
    offsets: records.offsets.subarray(from, to),
    timesMs: records.timesMs.subarray(from, to),
    keys: records.keys.slice(from, to),
    values: records.values.slice(from, to),
    headers: records.headers.slice(from, to),
  };
}

/** Index of the first record at that offset or above. */
export function firstAtOrAbove({ count, offsets }: RecordColumns, offset: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (offsets[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
