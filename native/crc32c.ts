import { loadAddon } from './load-addon.ts';

const tableCount = 8;

/** Tables of the Castagnoli polynomial, reflected: eight bytes a step. */
const tables = makeTables();

/** Below this a call of the addon costs more than it saves. */
const addonBytesMin = 1_024;

type Crc32c = (bytes: Uint8Array, from: number, to: number) => number;
let ofMany: Crc32c | undefined;

/** CRC-32C of `bytes[from … to)`, as Kafka wants it over a record batch; by the processor's own instruction where the addon finds one. */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < addonBytesMin) return crc32cByTables(bytes, from, to);
  ofMany ??= loadAddon()?.crc32c ?? crc32cByTables;
  return ofMany(bytes, from, to);
}

/** The same in JavaScript, three times as fast as a byte a step. */
export function crc32cByTables(bytes: Uint8Array, from: number, to: number): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let crc = -1;
  let at = from;
  for (const end = to - 7; at < end; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      t7[crc & 0xff]! ^
      t6[(crc >>> 8) & 0xff]! ^
      t5[(crc >>> 16) & 0xff]! ^
      t4[crc >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!;
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}

type Tables = [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

function makeTables(): Tables {
  const all = Array.from({ length: tableCount }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    all[0]![byte] = crc;
  }
  for (let table = 1; table < tableCount; table++)
    for (let byte = 0; byte < 256; byte++) {
      const before = all[table - 1]![byte]!;
      all[table]![byte] = (before >>> 8) ^ all[0]![before & 0xff]!;
    }
  return all as Tables;
}
