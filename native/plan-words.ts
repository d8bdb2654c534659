import { hasNoBytes } from './avro/avro-read.ts';
import type { AvroType } from './avro/avro-type.ts';
import type { PlanField, PlanFields } from './plan-fields.ts';

/** A decode plan as the addon takes it. */
export interface PlanWords {
  /** Of each field: what is done with it, the place of its type, its counter or -1. */
  readonly fields: Int32Array;
  readonly missing: Int32Array;
  /** All types, one after the other; a type is its place in here, place 0 is null. */
  readonly types: Int32Array;
}

/** The numbers of `Read` in decode-plan.hpp. */
const fieldReads: Readonly<Record<PlanField['read'], number>> = {
  skip: 0,
  host: 1,
  time: 2,
  interval: 3,
  app: 4,
  counter: 5,
};

/** The numbers of `Kind` in avro-types.hpp. */
const typeCodes: Readonly<Record<AvroType['kind'], number>> = {
  null: 0,
  boolean: 1,
  int: 2,
  long: 3,
  float: 4,
  double: 5,
  bytes: 6,
  string: 7,
  fixed: 8,
  enum: 9,
  array: 10,
  map: 11,
  union: 12,
  record: 13,
};
/** No record is as long as this, so a longer fixed is cut off all the same. */
const int32Max = 0x7fff_ffff;

export function planWords({ fields, missing }: PlanFields): PlanWords {
  const types = new TypeWords();
  const words = fields.flatMap(({ read, type, counter }) => [fieldReads[read], types.placeOf(type), counter]);
  return { fields: Int32Array.from(words), missing: Int32Array.from(missing), types: Int32Array.from(types.words) };
}

class TypeWords {
  readonly words: number[] = [typeCodes.null];
  readonly #places = new Map<AvroType, number>();

  placeOf(type: AvroType): number {
    const known = this.#places.get(type);
    if (known !== undefined) return known;
    const place = this.words.length;
    // Known before its parts are: a record may hold itself.
    this.#places.set(type, place);
    const [extra, parts] = partsOf(type);
    this.words.push(typeCodes[type.kind], ...extra, ...parts.map(() => 0));
    const partsFrom = place + 1 + extra.length;
    for (const [at, part] of parts.entries()) this.words[partsFrom + at] = this.placeOf(part);
    return place;
  }
}

/** What stands behind the kind of a type: numbers, then other types. */
function partsOf(type: AvroType): readonly [readonly number[], readonly AvroType[]] {
  switch (type.kind) {
    case 'fixed':
      return [[Math.min(type.size, int32Max)], []];
    case 'enum':
      return [[type.symbols], []];
    case 'array':
      return [[hasNoBytes(type.items) ? 1 : 0], [type.items]];
    case 'map':
      return [[0], [type.items]];
    case 'union':
      return [[type.branches.length], type.branches];
    case 'record': {
      const fields = type.fields.map((field) => field.type);
      return [[fields.length], fields];
    }
    default:
      return [[], []];
  }
}
