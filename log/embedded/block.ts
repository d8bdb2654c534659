import { crc32 } from 'node:zlib';
import { DynoError } from '../../base/errors.ts';
import type { ProduceRecord, RecordHeaders } from '../port.ts';

/**
 * Records of one append to one partition, stored as one value: LMDB spends some 60 bytes a value, so a block of a
 * thousand records costs almost nothing beside its bytes. Little-endian:
 * crc32 of the rest u32 · version u8 · flags u8 · 0 u16 · count u32 · append time f64 · base offset f64 ·
 * key lengths i32[count] · value lengths i32[count] (-1 = null) · [offset − base u32[count]] · [header bytes u32[count]] ·
 * keys, values and headers of each record, one record after another.
 */
export interface Block {
  readonly baseOffset: number;
  readonly appendTimeMs: number;
  readonly offsets: readonly number[];
  readonly keys: readonly (Buffer | null)[];
  readonly values: readonly (Buffer | null)[];
  readonly headers: readonly (RecordHeaders | undefined)[];
}

export interface BlockRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders | undefined;
}

export const blockHeaderBytes = 28;
const version = 1;
const hasOffsets = 1;
const hasHeaders = 2;

/** `records` in offset order, at least one; gaps are allowed (what compaction leaves). */
export function encodeBlock(records: readonly BlockRecord[], appendTimeMs: number): Buffer {
  const count = records.length;
  const baseOffset = records[0]!.offset;
  const sparse = records[count - 1]!.offset !== baseOffset + count - 1;
  const headers = records.map((record) => encodeHeaders(record.headers));
  const withHeaders = headers.some((each) => each.length > 0);
  let size = blockHeaderBytes + count * (8 + (sparse ? 4 : 0) + (withHeaders ? 4 : 0));
  for (let i = 0; i < count; i += 1) {
    size += (records[i]!.key?.length ?? 0) + (records[i]!.value?.length ?? 0) + headers[i]!.length;
  }
  const block = Buffer.allocUnsafe(size);
  block.writeUInt8(version, 4);
  block.writeUInt8((sparse ? hasOffsets : 0) | (withHeaders ? hasHeaders : 0), 5);
  block.writeUInt16LE(0, 6);
  block.writeUInt32LE(count, 8);
  block.writeDoubleLE(appendTimeMs, 12);
  block.writeDoubleLE(baseOffset, 20);
  let at = blockHeaderBytes;
  for (const { key } of records) at = block.writeInt32LE(key?.length ?? -1, at);
  for (const { value } of records) at = block.writeInt32LE(value?.length ?? -1, at);
  if (sparse) for (const { offset } of records) at = block.writeUInt32LE(offset - baseOffset, at);
  if (withHeaders) for (const each of headers) at = block.writeUInt32LE(each.length, at);
  for (let i = 0; i < count; i += 1) {
    const { key, value } = records[i]!;
    if (key !== null) at += key.copy(block, at);
    if (value !== null) at += value.copy(block, at);
    at += headers[i]!.copy(block, at);
  }
  block.writeUInt32LE(crc32(block.subarray(4)), 0);
  return block;
}

/** Keys, values and headers are views on `bytes`: the caller owns them and must not reuse them. Throws on torn bytes. */
export function decodeBlock(bytes: Buffer, where: string): Block {
  checkBlock(bytes, where);
  const flags = bytes.readUInt8(5);
  const count = bytes.readUInt32LE(8);
  const baseOffset = bytes.readDoubleLE(20);
  const valuesAt = blockHeaderBytes + count * 4;
  const offsetsAt = valuesAt + count * 4;
  const headersAt = offsetsAt + ((flags & hasOffsets) !== 0 ? count * 4 : 0);
  let at = headersAt + ((flags & hasHeaders) !== 0 ? count * 4 : 0);
  const take = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const offsets = new Array<number>(count);
  const keys = new Array<Buffer | null>(count);
  const values = new Array<Buffer | null>(count);
  const headers = new Array<RecordHeaders | undefined>(count);
  for (let i = 0; i < count; i += 1) {
    const keyLength = bytes.readInt32LE(blockHeaderBytes + i * 4);
    const valueLength = bytes.readInt32LE(valuesAt + i * 4);
    offsets[i] = baseOffset + ((flags & hasOffsets) !== 0 ? bytes.readUInt32LE(offsetsAt + i * 4) : i);
    keys[i] = keyLength < 0 ? null : take(keyLength);
    values[i] = valueLength < 0 ? null : take(valueLength);
    headers[i] = (flags & hasHeaders) !== 0 ? decodeHeaders(take(bytes.readUInt32LE(headersAt + i * 4))) : undefined;
  }
  return { baseOffset, appendTimeMs: bytes.readDoubleLE(12), offsets, keys, values, headers };
}

/** Throws when the bytes are not what was written. */
export function checkBlock(bytes: Buffer, where: string): void {
  const whole =
    bytes.length >= blockHeaderBytes &&
    bytes.readUInt8(4) === version &&
    bytes.readUInt32LE(0) === crc32(bytes.subarray(4));
  if (whole) return;
  throw new DynoError(
    'DYNO_LOG_TORN',
    `the embedded log holds a torn block of ${bytes.length} bytes at ${where}: its checksum does not match. ` +
      'The disk or the machine failed while it was written; stop Dynoscope and move the data folder away.',
    { details: { where, bytes: bytes.length } },
  );
}

/** Records a block holds and the last of their offsets, without reading the records. */
export function blockEnd(bytes: Buffer): { readonly count: number; readonly lastOffset: number } {
  const count = bytes.readUInt32LE(8);
  const baseOffset = bytes.readDoubleLE(20);
  const sparse = (bytes.readUInt8(5) & hasOffsets) !== 0;
  const last = sparse ? bytes.readUInt32LE(blockHeaderBytes + count * 8 + (count - 1) * 4) : count - 1;
  return { count, lastOffset: baseOffset + last };
}

export const blockAppendTimeMs = (bytes: Buffer): number => bytes.readDoubleLE(12);

/** Bytes a record takes in a block, nearly. */
export function recordBytes(record: ProduceRecord): number {
  let size = 8 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const name in record.headers) size += 8 + name.length + record.headers[name]!.length;
  return size;
}

const noBytes = Buffer.alloc(0);

function encodeHeaders(headers: RecordHeaders | undefined): Buffer {
  if (headers === undefined) return noBytes;
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const nameBytes = Buffer.from(name);
    const lengths = Buffer.allocUnsafe(8);
    lengths.writeUInt32LE(nameBytes.length, 0);
    lengths.writeUInt32LE(value.length, 4);
    parts.push(lengths, nameBytes, value);
  }
  return Buffer.concat(parts);
}

function decodeHeaders(bytes: Buffer): RecordHeaders | undefined {
  if (bytes.length === 0) return undefined;
  const headers: Record<string, Buffer> = {};
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 8 + bytes.readUInt32LE(at);
    const valueEnd = nameEnd + bytes.readUInt32LE(at + 4);
    headers[bytes.toString('utf8', at + 8, nameEnd)] = bytes.subarray(nameEnd, valueEnd);
    at = valueEnd;
  }
  return headers;
}
