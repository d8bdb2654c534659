import avro from 'avsc';
import { Random } from '../../base/testing/random.ts';
import { RandomAvro, type RandomType } from './random-avro.ts';

export const randomCounters: ReadonlyMap<string, number> = new Map(
  Array.from({ length: 20 }, (_, index) => [`c${index}`, index]),
);

export interface RandomRecord {
  readonly value: Readonly<Record<string, unknown>>;
  /** With the Confluent prefix. */
  readonly bytes: Buffer;
}

/** A writer of counter records with a schema of its own: fields in any order and type, unknown ones among them. */
export class RandomCounterWriter {
  readonly schemaId: number;
  readonly schemaJson: string;
  readonly type: avro.Type;
  readonly #fields: readonly { readonly name: string; readonly of: RandomType }[];

  constructor(seed: number, schemaId: number) {
    const random = new Random(seed);
    const types = new RandomAvro(random);
    const host = { schema: 'string', branch: 'string', value: () => `host${random.between(0, 5)}` };
    const time = { schema: 'long', branch: 'long', value: () => random.between(1, 2_000_000) * 1_000 };
    const fields = [
      { name: 'host', of: host },
      { name: 'time_ms', of: random.chance(0.8) ? time : types.primitive('long') },
    ];
    if (random.chance(0.8)) fields.push({ name: 'interval_ms', of: types.primitive(random.pick(['double', 'long'])) });
    if (random.chance(0.7)) fields.push({ name: 'app', of: appType(random, types) });
    // As our own agent writes: all counters of one type, so that they are read several at a time.
    const usual = random.pick([undefined, ['null', 'double'], ['double', 'null'], 'double']);
    for (const name of randomCounters.keys())
      if (random.chance(0.9)) fields.push({ name, of: counterType(usual, random, types) });
    for (let i = random.between(0, 3); i > 0; i--) fields.push({ name: `other${i}`, of: types.any() });
    this.#fields = random.chance(0.5) ? fields : shuffled(fields, random);
    const schema = {
      type: 'record',
      name: 'Written',
      fields: this.#fields.map(({ name, of }) => ({ name, type: of.schema })),
    };
    this.schemaId = schemaId;
    this.schemaJson = JSON.stringify(schema);
    this.type = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'always' });
  }

  write(): RandomRecord {
    const value = Object.fromEntries(this.#fields.map(({ name, of }) => [name, of.value()]));
    const prefix = Buffer.alloc(5);
    prefix.writeInt32BE(this.schemaId, 1);
    return { value, bytes: Buffer.concat([prefix, this.type.toBuffer(value)]) };
  }
}

type Usual = string | readonly string[] | undefined;

function counterType(usual: Usual, random: Random, types: RandomAvro): RandomType {
  if (typeof usual === 'string') return types.primitive(usual);
  if (usual !== undefined) return types.unionOf(usual);
  if (random.chance(0.5)) return types.union(3, ['null', 'double']);
  return random.chance(0.7)
    ? types.primitive(random.pick(['double', 'long', 'int', 'float', 'boolean']))
    : types.any(1);
}

function appType(random: Random, types: RandomAvro): RandomType {
  const values = random.chance(0.7) ? types.primitive(random.pick(['double', 'float', 'long'])) : types.union(3);
  const value = () =>
    Object.fromEntries(Array.from({ length: random.between(0, 4) }, (_, i) => [`app${i}é`, values.value()]));
  const map = { schema: { type: 'map', values: values.schema }, branch: 'map', value };
  if (random.chance(0.5)) return map;
  const nullable = () => (random.chance(0.5) ? { map: value() } : null);
  return { schema: ['null', map.schema], branch: 'union', value: nullable };
}

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const keyed = items.map((item) => ({ item, key: random.next() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
