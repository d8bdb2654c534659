import { crc32 } from 'node:zlib';

/** A record as the spool keeps it. */
export interface SpoolRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * A segment file: `DYNOSP1\n`, the fingerprint of the schema (16 characters), then records
 * `u32 body length, u32 CRC-32 of the body, body = u16 key length, key, value`, little-endian.
 */
const magic = Buffer.from('DYNOSP1\n');
export const segmentHeadBytes = magic.length + 16;
const recordHeadBytes = 8;
/** No record of ours comes near this; a larger length is garbage. */
const bodyBytesMax = 16 * 1024 * 1024;

export const segmentHead = (fingerprint: string): Buffer => Buffer.concat([magic, Buffer.from(fingerprint, 'latin1')]);

/** The fingerprint, or undefined when these are not the first bytes of a segment. */
export function fingerprintOfHead(bytes: Buffer): string | undefined {
  if (bytes.length < segmentHeadBytes || !bytes.subarray(0, magic.length).equals(magic)) return undefined;
  return bytes.toString('latin1', magic.length, segmentHeadBytes);
}

export const frameBytes = (record: SpoolRecord): number =>
  recordHeadBytes + 2 + record.key.length + record.value.length;

/** Writes one record's frame into `target` at `at`; answers the end of it. */
export function writeFrame(target: Buffer, at: number, record: SpoolRecord): number {
  const bodyAt = at + recordHeadBytes;
  const end = at + frameBytes(record);
  target.writeUInt16LE(record.key.length, bodyAt);
  record.key.copy(target, bodyAt + 2);
  record.value.copy(target, bodyAt + 2 + record.key.length);
  target.writeUInt32LE(end - bodyAt, at);
  target.writeUInt32LE(crc32(target.subarray(bodyAt, end)), at + 4);
  return end;
}

/** End of the frame that starts at `at`, or undefined when it is cut off or its checksum is wrong: the torn tail. */
export function frameEnd(bytes: Buffer, at: number): number | undefined {
  if (at + recordHeadBytes > bytes.length) return undefined;
  const bodyBytes = bytes.readUInt32LE(at);
  const bodyAt = at + recordHeadBytes;
  const end = bodyAt + bodyBytes;
  if (bodyBytes < 2 || bodyBytes > bodyBytesMax || end > bytes.length) return undefined;
  return crc32(bytes.subarray(bodyAt, end)) === bytes.readUInt32LE(at + 4) ? end : undefined;
}

/** The record of a frame that `frameEnd` has accepted. */
export function recordOf(bytes: Buffer, at: number, end: number): SpoolRecord {
  const bodyAt = at + recordHeadBytes;
  const valueAt = bodyAt + 2 + bytes.readUInt16LE(bodyAt);
  return { key: bytes.subarray(bodyAt + 2, valueAt), value: bytes.subarray(valueAt, end) };
}
