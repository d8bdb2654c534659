import { type AvroCursor, readFailure } from './avro-cursor.ts';
import type { AvroRecord, AvroType } from './avro-type.ts';

/** Types within types that a record may nest, beyond which it counts as malformed: recursion must end. */
const depthMax = 64;

/** The branch that a union value takes. Fails as malformed when there is no such branch. */
export function readBranch(branches: readonly AvroType[], cursor: AvroCursor): AvroType {
  const branch = branches[cursor.long()];
  if (branch !== undefined) return branch;
  cursor.fail(readFailure.malformed);
  return { kind: 'null' };
}

/** One value as a number; NaN when it is null or no number at all (then it is skipped). May be infinite. */
export function readNumber(type: AvroType, cursor: AvroCursor, depth = 0): number {
  switch (type.kind) {
    case 'double':
      cursor.wroteNumber = true;
      return cursor.double();
    case 'float':
      cursor.wroteNumber = true;
      return cursor.float();
    case 'long':
      return cursor.long();
    case 'int':
      return cursor.int();
    case 'boolean':
      return cursor.boolean();
    case 'union':
      return readNumber(readBranch(type.branches, cursor), cursor, depth + 1);
    default:
      cursor.wroteNumber = false;
      skip(type, cursor, depth);
      return Number.NaN;
  }
}

/** Passes over one value of any type. */
export function skip(type: AvroType, cursor: AvroCursor, depth = 0): void {
  if (depth > depthMax) cursor.fail(readFailure.malformed);
  else if (type.kind === 'string' || type.kind === 'bytes') cursor.take(cursor.long());
  else if (type.kind === 'fixed') cursor.take(type.size);
  else if (type.kind === 'enum') skipEnum(type.symbols, cursor);
  else if (type.kind === 'union') skip(readBranch(type.branches, cursor), cursor, depth + 1);
  else if (type.kind === 'record') skipFields(type, cursor, depth);
  else if (type.kind === 'array' || type.kind === 'map') skipBlocks(type, cursor, depth);
  else if (type.kind !== 'null') readNumber(type, cursor, depth);
}

function skipFields(type: AvroRecord, cursor: AvroCursor, depth: number): void {
  for (const field of type.fields) {
    if (cursor.failure !== 0) return;
    skip(field.type, cursor, depth + 1);
  }
}

function skipEnum(symbols: number, cursor: AvroCursor): void {
  const symbol = cursor.int();
  if (symbol < 0 || symbol >= symbols) cursor.fail(readFailure.malformed);
}

function skipBlocks(type: AvroType & { kind: 'array' | 'map' }, cursor: AvroCursor, depth: number): void {
  // Items of no bytes need no loop: a count of 2^60 nulls must not keep the process busy.
  const empty = type.kind === 'array' && hasNoBytes(type.items);
  forEachBlock(cursor, (count) => {
    for (let item = 0; item < count && !empty && cursor.failure === 0; item++) {
      if (type.kind === 'map') cursor.take(cursor.long());
      skip(type.items, cursor, depth + 1);
    }
  });
}

/** Blocks of an array or map: counts, negative ones followed by their size in bytes, 0 at the end. */
export function forEachBlock(cursor: AvroCursor, readItems: (count: number) => void): void {
  for (;;) {
    const count = cursor.long();
    if (count === 0 || cursor.failure !== 0) return;
    if (count > 0) readItems(count);
    else {
      const byteCount = cursor.long();
      const start = cursor.pos;
      if (byteCount < 0 || byteCount > cursor.end - start) cursor.take(byteCount);
      else {
        readItems(-count);
        if (cursor.failure === 0 && cursor.pos !== start + byteCount) cursor.fail(readFailure.malformed);
      }
    }
    if (cursor.failure !== 0) return;
  }
}

/** True for types whose every value takes no byte: null, fixed of size 0, records of those. */
export function hasNoBytes(type: AvroType, seen = new Set<AvroType>()): boolean {
  if (type.kind === 'null') return true;
  if (type.kind === 'fixed') return type.size === 0;
  if (type.kind !== 'record' || seen.has(type)) return false;
  seen.add(type);
  return type.fields.every((field) => hasNoBytes(field.type, seen));
}
