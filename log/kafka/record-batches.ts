import { ByteSpans } from '../../base/byte-list.ts';
import type { RecordHeaders } from '../port.ts';
import type { FetchedRecords, ProducerBatch } from './fetched-records.ts';
import { isAbortMarker } from './hide-aborted.ts';

/** Base offset, length, leader epoch, magic, CRC, attributes, …, count of records: what stands before the first record. */
const headBytes = 61;
/** Base offset and length, which the length does not count. */
const lengthEnd = 12;
/** What kafkajs takes for the shortest batch. */
const shortestBatch = 49;
/** Length, attributes, two deltas, key, value, headers: a byte each. */
const shortestRecord = 7;
const magic = 2;
const compressionMask = 0x7;
const appendTimeFlag = 0x8;
const transactionalFlag = 0x10;
const controlFlag = 0x20;

/**
 * The records of a fetched partition, in columns; kafkajs makes a dozen objects of each. `undefined` where something is
 * not as in every topic of ours (compressed, an older format, numbers beyond 2^53): kafkajs does it then. The last batch
 * may be cut off; it is left out.
 */
export function decodeRecordBatches(bytes: Buffer): FetchedRecords | undefined {
  const heads = headsOf(bytes);
  if (heads === undefined) return undefined;
  const columns = new Columns(
    bytes,
    heads.reduce((sum, { count }) => sum + count, 0),
  );
  const batches: ProducerBatch[] = [];
  for (const head of heads) {
    const from = columns.count;
    if (!columns.take(head)) return undefined;
    const { producerId, inTransaction, isControl } = head;
    const isAbort = isControl && isAbortMarker(columns.keyAt(from));
    const lastOffset = head.firstOffset + head.lastOffsetDelta;
    batches.push({ from, to: columns.count, lastOffset, producerId, inTransaction, isControl, isAbort });
  }
  return columns.records(batches);
}

interface BatchHead {
  readonly at: number;
  readonly end: number;
  readonly count: number;
  readonly firstOffset: number;
  readonly lastOffsetDelta: number;
  readonly firstTimeMs: number;
  /** Of all records, where the broker sets the time. */
  readonly appendTimeMs: number | undefined;
  readonly producerId: number;
  readonly inTransaction: boolean;
  readonly isControl: boolean;
}

function headsOf(bytes: Buffer): BatchHead[] | undefined {
  const heads: BatchHead[] = [];
  for (let at = 0; bytes.length - at >= shortestBatch; ) {
    const end = at + lengthEnd + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    if (end - at < headBytes || bytes[at + 16] !== magic) return undefined;
    const head = headAt(bytes, at, end);
    if (head === undefined) return undefined;
    heads.push(head);
    at = end;
  }
  return heads;
}

function headAt(bytes: Buffer, at: number, end: number): BatchHead | undefined {
  const attributes = bytes.readInt16BE(at + 21);
  const firstOffset = int64(bytes, at);
  const firstTimeMs = int64(bytes, at + 27);
  const maxTimeMs = int64(bytes, at + 35);
  const producerId = int64(bytes, at + 43);
  const count = bytes.readInt32BE(at + 57);
  if ((attributes & compressionMask) !== 0) return undefined;
  if (![firstOffset, firstTimeMs, maxTimeMs, producerId].every(Number.isSafeInteger)) return undefined;
  // More records than bytes: damaged, and nothing to reserve memory for.
  if (count < 0 || count * shortestRecord > end - at - headBytes) return undefined;
  return {
    at,
    end,
    count,
    firstOffset,
    lastOffsetDelta: bytes.readInt32BE(at + 23),
    firstTimeMs,
    appendTimeMs: (attributes & appendTimeFlag) > 0 ? maxTimeMs : undefined,
    producerId,
    inTransaction: (attributes & transactionalFlag) > 0,
    isControl: (attributes & controlFlag) > 0,
  };
}

/** Columns that fill, one batch after another. */
class Columns {
  count = 0;
  readonly #bytes: Buffer;
  readonly #offsets: Float64Array;
  readonly #timesMs: Float64Array;
  readonly #keys: { readonly starts: Uint32Array; readonly lengths: Int32Array };
  readonly #values: { readonly starts: Uint32Array; readonly lengths: Int32Array };
  readonly #headers: (RecordHeaders | undefined)[] = [];
  #at = 0;

  constructor(bytes: Buffer, room: number) {
    this.#bytes = bytes;
    this.#offsets = new Float64Array(room);
    this.#timesMs = new Float64Array(room);
    this.#keys = { starts: new Uint32Array(room), lengths: new Int32Array(room) };
    this.#values = { starts: new Uint32Array(room), lengths: new Int32Array(room) };
  }

  /** False where a record does not fit its batch. */
  take({ at, end, count, firstOffset, firstTimeMs, appendTimeMs }: BatchHead): boolean {
    const bytes = this.#bytes;
    this.#at = at + headBytes;
    for (let i = 0; i < count; i++) {
      const length = this.#varint();
      const recordEnd = this.#at + length;
      if (length < 0 || recordEnd > end) return false;
      this.#at++;
      const timeDeltaMs = this.#varint();
      const row = this.count++;
      this.#offsets[row] = firstOffset + this.#varint();
      this.#timesMs[row] = appendTimeMs ?? firstTimeMs + timeDeltaMs;
      this.#span(this.#keys, row);
      this.#span(this.#values, row);
      // A zero is what nearly all records have here.
      if (bytes[this.#at] === 0) this.#at++;
      else this.#readHeaders(row, recordEnd);
      if (this.#at > recordEnd) return false;
      this.#at = recordEnd;
    }
    return true;
  }

  keyAt(row: number): Buffer | undefined {
    const length = this.#keys.lengths[row] ?? -1;
    if (row >= this.count || length < 0) return undefined;
    const start = this.#keys.starts[row]! - this.#bytes.byteOffset;
    return this.#bytes.subarray(start, start + length);
  }

  records(batches: readonly ProducerBatch[]): FetchedRecords {
    const { buffer } = this.#bytes;
    return {
      count: this.count,
      offsets: this.#offsets,
      timesMs: this.#timesMs,
      keys: new ByteSpans({ buffer, ...this.#keys }),
      values: new ByteSpans({ buffer, ...this.#values }),
      headers: this.#headers,
      batches,
    };
  }

  #span({ starts, lengths }: { readonly starts: Uint32Array; readonly lengths: Int32Array }, row: number): void {
    const length = this.#varint();
    starts[row] = this.#bytes.byteOffset + this.#at;
    lengths[row] = length < 0 ? -1 : length;
    if (length > 0) this.#at += length;
  }

  /** Of a header that is there twice the last value counts. */
  #readHeaders(row: number, recordEnd: number): void {
    const count = this.#varint();
    const headers: Record<string, Buffer> = {};
    for (let i = 0; i < count && this.#at < recordEnd; i++) {
      const name = this.#nullableBytes()?.toString() ?? '';
      const value = this.#nullableBytes();
      if (value !== undefined) headers[name] = value;
    }
    if (Object.keys(headers).length > 0) this.#headers[row] = headers;
  }

  #nullableBytes(): Buffer | undefined {
    const length = this.#varint();
    if (length < 0) return undefined;
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** Zigzag; exact to 2^53. */
  #varint(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at++] ?? 0;
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    const second = bytes[this.#at++] ?? 0;
    if (second < 0x80) {
      const both = (first & 0x7f) | (second << 7);
      return (both >>> 1) ^ -(both & 1);
    }
    let value = (first & 0x7f) + (second & 0x7f) * 128;
    let scale = 16_384;
    for (;;) {
      const byte = bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** Exact to 2^53. */
const int64 = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
