import type { AvroCursor } from './avro/avro-cursor.ts';
import { forEachBlock, readBranch, readNumber, skip } from './avro/avro-read.ts';
import type { AvroType } from './avro/avro-type.ts';
import type { ByteDictionary } from './byte-dictionary.ts';

/** Application values of one record beyond which the rest is dropped and counted. */
export const appValuesMax = 256;
const nameBytesMax = 255;

/** Reads the map `app`: name → number. Names become strings once; values that are no finite number are left out. */
export class AppReader {
  readonly #names: ByteDictionary;

  constructor(names: ByteDictionary) {
    this.#names = names;
  }

  read(type: AvroType, cursor: AvroCursor): void {
    const actual = type.kind === 'union' ? readBranch(type.branches, cursor) : type;
    if (actual.kind !== 'map') skip(actual, cursor);
    else
      forEachBlock(cursor, (count) => {
        for (let entry = 0; entry < count && cursor.failure === 0; entry++) this.#readEntry(actual.items, cursor);
      });
  }

  #readEntry(type: AvroType, cursor: AvroCursor): void {
    const byteCount = cursor.long();
    const start = cursor.take(byteCount);
    if (cursor.failure !== 0) return;
    const value = readNumber(type, cursor);
    if (cursor.failure !== 0) return;
    if (!Number.isFinite(value)) {
      if (cursor.wroteNumber) cursor.implausible++;
      return;
    }
    cursor.app ??= new Map();
    if (byteCount === 0 || byteCount > nameBytesMax || cursor.app.size >= appValuesMax) cursor.implausible++;
    else cursor.app.set(this.#names.keys[this.#names.numberOf(cursor.bytes, start, start + byteCount)]!, value);
  }
}
