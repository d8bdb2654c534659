import avro, { type Type } from 'avsc';

/** Walks one value of a type in `bytes` from `at` and answers where it ends; throws RangeError where it cannot be one. */
export type BoundsCheck = (bytes: Buffer, at: number) => number;

/**
 * avsc trusts the counts that a record claims: a damaged one makes it allocate or loop for minutes. This walk over the
 * writer's type costs a fraction of decoding and refuses every count and length that the buffer cannot hold.
 */
export const boundsCheckOf = (type: Type): BoundsCheck => checkOf(type, new Map());

function checkOf(type: Type, known: Map<Type, BoundsCheck>): BoundsCheck {
  const seen = known.get(type);
  if (seen !== undefined) return seen;
  // A record may contain itself: the entry is there before its fields are looked at.
  let check: BoundsCheck = () => 0;
  known.set(type, (bytes, at) => check(bytes, at));
  check = newCheck(type, known);
  known.set(type, check);
  return check;
}

function newCheck(type: Type, known: Map<Type, BoundsCheck>): BoundsCheck {
  const { types } = avro;
  if (type instanceof types.RecordType) return recordCheck(type.fields.map((field) => checkOf(field.type, known)));
  if (type instanceof types.ArrayType) return blocksCheck(checkOf(type.itemsType, known));
  if (type instanceof types.MapType) return mapCheck(checkOf(type.valuesType, known));
  if (type instanceof types.UnwrappedUnionType || type instanceof types.WrappedUnionType) {
    return unionCheck(type.types.map((branch) => checkOf(branch, known)));
  }
  if (type instanceof types.FixedType) return fixedCheck(type.size);
  return primitiveCheck(type.typeName);
}

function primitiveCheck(typeName: string): BoundsCheck {
  if (typeName === 'null') return (_bytes, at) => at;
  if (typeName === 'boolean') return fixedCheck(1);
  if (typeName === 'float') return fixedCheck(4);
  if (typeName === 'double') return fixedCheck(8);
  if (typeName === 'int' || typeName === 'long' || typeName === 'enum') return (bytes, at) => readLong(bytes, at).end;
  if (typeName === 'string' || typeName === 'bytes') return lengthPrefixed;
  throw new RangeError(`no bounds are known for Avro type ${typeName}`);
}

const fixedCheck =
  (size: number): BoundsCheck =>
  (bytes, at) =>
    within(bytes, at + size);

const lengthPrefixed: BoundsCheck = (bytes, at) => {
  const { value, end } = readLong(bytes, at);
  if (value < 0) throw new RangeError(`negative length ${value} at byte ${at}`);
  return within(bytes, end + value);
};

const recordCheck =
  (fields: readonly BoundsCheck[]): BoundsCheck =>
  (bytes, at) => {
    let end = at;
    for (const field of fields) end = field(bytes, end);
    return end;
  };

const unionCheck =
  (branches: readonly BoundsCheck[]): BoundsCheck =>
  (bytes, at) => {
    const { value, end } = readLong(bytes, at);
    const branch = branches[value];
    if (branch === undefined) throw new RangeError(`union branch ${value} of ${branches.length} at byte ${at}`);
    return branch(bytes, end);
  };

const mapCheck = (values: BoundsCheck): BoundsCheck =>
  blocksCheck((bytes, at) => values(bytes, lengthPrefixed(bytes, at)));

/** Arrays and maps: blocks of a count (negative: a size in bytes follows) and items, up to a count of 0. */
const blocksCheck =
  (item: BoundsCheck): BoundsCheck =>
  (bytes, at) => {
    let end = at;
    for (;;) {
      const count = readLong(bytes, end);
      end = count.end;
      if (count.value === 0) return end;
      if (count.value < 0) end = readLong(bytes, end).end;
      const items = Math.abs(count.value);
      // No item of ours takes no bytes, so a count beyond what is left is damage.
      if (items > bytes.length - end)
        throw new RangeError(`${items} items claimed at byte ${at}, too many for the buffer`);
      for (let i = 0; i < items; i++) end = item(bytes, end);
    }
  };

function within(bytes: Buffer, end: number): number {
  if (end > bytes.length) throw new RangeError(`value ends at byte ${end} of ${bytes.length}`);
  return end;
}

function readLong(bytes: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  let scale = 1;
  for (let end = at; end < at + 10; end++) {
    const byte = bytes[end];
    if (byte === undefined) throw new RangeError(`number cut off at byte ${end} of ${bytes.length}`);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value: value % 2 === 0 ? value / 2 : -(value + 1) / 2, end: end + 1 };
    scale *= 128;
  }
  throw new RangeError(`number longer than 10 bytes at byte ${at}`);
}
