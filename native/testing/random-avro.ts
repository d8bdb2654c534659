import type { Random } from '../../base/testing/random.ts';

/** A type and how to make values of it, as avsc takes them with `wrapUnions: 'always'`. */
export interface RandomType {
  readonly schema: unknown;
  /** Key of the value in a union. */
  readonly branch: string;
  readonly value: () => unknown;
}

const plain = (schema: string, value: () => unknown): RandomType => ({ schema, branch: schema, value });

/** Any type: nested to a depth of about 3. Names are unique within one source. */
export class RandomAvro {
  readonly #random: Random;
  #names = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  any(depth = 0): RandomType {
    const simple = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string', 'fixed', 'enum'];
    const kind = this.#random.pick(depth > 2 ? simple : [...simple, 'array', 'map', 'record', 'union']);
    switch (kind) {
      case 'fixed':
        return this.#fixed();
      case 'enum':
        return this.#enum();
      case 'array':
        return this.#list(this.any(depth + 1));
      case 'map':
        return this.#map(this.any(depth + 1));
      case 'record':
        return this.#record(depth);
      case 'union':
        return this.union(depth);
      default:
        return this.primitive(kind);
    }
  }

  primitive(kind: string): RandomType {
    const random = this.#random;
    switch (kind) {
      case 'boolean':
        return plain(kind, () => random.chance(0.5));
      case 'int':
        return plain(kind, () => random.between(-(2 ** 31), 2 ** 31 - 1) >> random.between(0, 31));
      case 'long':
        return plain(kind, () => Math.trunc((random.next() - 0.5) * 2 ** random.between(0, 53)));
      case 'float':
        return plain(kind, () => Math.fround(this.#double()));
      case 'double':
        return plain(kind, () => this.#double());
      case 'bytes':
        return plain(kind, () => Buffer.from(this.#text()));
      case 'string':
        return plain(kind, () => this.#text());
      default:
        return plain('null', () => null);
    }
  }

  /** Two or three branches of different kinds, in any order. */
  union(depth = 0, kinds: readonly string[] = ['null', 'double', 'long', 'string', 'float', 'int']): RandomType {
    const first = this.#random.pick(kinds);
    const second = this.#random.pick(kinds.filter((kind) => kind !== first));
    const branches = [this.primitive(first), this.primitive(second)];
    if (this.#random.chance(0.3))
      branches.push(this.#random.chance(0.5) ? this.#record(depth) : this.#map(this.any(3)));
    return this.#unionOf(branches);
  }

  /** A union of primitive types in this order. */
  unionOf(kinds: readonly string[]): RandomType {
    return this.#unionOf(kinds.map((kind) => this.primitive(kind)));
  }

  #unionOf(branches: readonly RandomType[]): RandomType {
    return {
      schema: branches.map(({ schema }) => schema),
      branch: 'union',
      value: () => {
        const { branch, value } = this.#random.pick(branches);
        return branch === 'null' ? null : { [branch]: value() };
      },
    };
  }

  #double(): number {
    const random = this.#random;
    if (random.chance(0.15))
      return random.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0]);
    return (random.next() - 0.5) * 10 ** random.between(-300, 300);
  }

  #text(): string {
    const letters = 'abcdeé€𝄞 \0';
    return Array.from({ length: this.#random.between(0, 9) }, () => this.#random.pick([...letters])).join('');
  }

  #fixed(): RandomType {
    const name = `Fixed${this.#names++}`;
    const size = this.#random.between(0, 5);
    return { schema: { type: 'fixed', name, size }, branch: name, value: () => Buffer.alloc(size, 7) };
  }

  #enum(): RandomType {
    const name = `Enum${this.#names++}`;
    const symbols = ['A', 'B', 'C'];
    return { schema: { type: 'enum', name, symbols }, branch: name, value: () => this.#random.pick(symbols) };
  }

  #list(items: RandomType): RandomType {
    const value = () => Array.from({ length: this.#random.between(0, 3) }, () => items.value());
    return { schema: { type: 'array', items: items.schema }, branch: 'array', value };
  }

  #map(values: RandomType): RandomType {
    const value = () =>
      Object.fromEntries(Array.from({ length: this.#random.between(0, 3) }, (_, i) => [`key${i}`, values.value()]));
    return { schema: { type: 'map', values: values.schema }, branch: 'map', value };
  }

  /** Half of the records may hold themselves. */
  #record(depth: number): RandomType {
    const name = `Record${this.#names++}`;
    const fields = Array.from({ length: this.#random.between(0, 3) }, (_, i) => ({
      name: `f${i}`,
      of: this.any(depth + 1),
    }));
    const recursive = this.#random.chance(0.5);
    const value = (left: number): unknown => ({
      ...Object.fromEntries(fields.map((field) => [field.name, field.of.value()])),
      ...(recursive && { next: left > 0 ? { [name]: value(left - 1) } : null }),
    });
    const schema = {
      type: 'record',
      name,
      fields: [
        ...fields.map((field) => ({ name: field.name, type: field.of.schema })),
        ...(recursive ? [{ name: 'next', type: ['null', name] }] : []),
      ],
    };
    return { schema, branch: name, value: () => value(this.#random.between(0, 2)) };
  }
}
