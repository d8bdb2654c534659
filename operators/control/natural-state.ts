import { crc32 } from 'node:zlib';
import type { NaturalTierState } from './natural-tier.ts';

/** Raised whenever an older program could misread the state. */
const version = 1;
const headBytes = 5;

/** Checksum u32, version u8, JSON. */
export function encodeNatural(state: NaturalTierState): Buffer {
  const body = Buffer.from(JSON.stringify(state));
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(crc32(body));
  head.writeUInt8(version, 4);
  return Buffer.concat([head, body]);
}

/** undefined for another version, or for what does not check out: then the tier's natural traffic is looked at anew. */
export function decodeNatural(value: Buffer): NaturalTierState | undefined {
  if (value.length <= headBytes || value.readUInt8(4) !== version) return undefined;
  const body = value.subarray(headBytes);
  return crc32(body) === value.readUInt32LE(0) ? (JSON.parse(body.toString()) as NaturalTierState) : undefined;
}
