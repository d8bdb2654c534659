import { type AvroType, parseAvroSchema, unusable } from './avro/avro-type.ts';

/** What is done with one field of the writer's record, in the order of the record. */
export interface PlanField {
  readonly read: 'skip' | 'host' | 'time' | 'interval' | 'app' | 'counter';
  readonly type: AvroType;
  /** Column of a counter, else -1. */
  readonly counter: number;
}

export interface PlanFields {
  readonly fields: readonly PlanField[];
  /** Columns that the writer does not know. */
  readonly missing: readonly number[];
}

/**
 * Reads a writer schema for decoding: the one place that knows what its fields mean, for the addon and for the
 * JavaScript alike. Throws DYNO_NATIVE_SCHEMA_UNUSABLE.
 */
export function planFields(schemaJson: string, counterIndex: ReadonlyMap<string, number>): PlanFields {
  const schema = parseAvroSchema(schemaJson);
  if (schema.kind !== 'record') throw unusable(`it is a ${schema.kind}`);
  const seen = new Set(schema.fields.map(({ name }) => name));
  for (const name of ['host', 'time_ms'])
    if (!seen.has(name)) throw unusable(`record "${schema.name}" has no field "${name}"`);
  return {
    fields: schema.fields.map(({ name, type }) => planField(name, type, counterIndex.get(name))),
    missing: [...counterIndex].filter(([name]) => !seen.has(name)).map(([, index]) => index),
  };
}

function planField(name: string, type: AvroType, counter: number | undefined): PlanField {
  if (name === 'host') return { read: 'host', type: checkedHost(type), counter: -1 };
  if (name === 'time_ms') return { read: 'time', type: checkedTime(type), counter: -1 };
  if (name === 'interval_ms') return { read: 'interval', type, counter: -1 };
  if (name === 'app') return { read: 'app', type, counter: -1 };
  return counter === undefined ? { read: 'skip', type, counter: -1 } : { read: 'counter', type, counter };
}

function checkedHost(type: AvroType): AvroType {
  const plain = type.kind === 'string' || type.kind === 'bytes';
  const nullable = type.kind === 'union' && type.branches.some((branch) => branch.kind === 'string');
  if (!plain && !nullable) throw unusable(`its field "host" is a ${type.kind}`);
  return type;
}

function checkedTime(type: AvroType): AvroType {
  if (!canBeNumber(type)) throw unusable(`its field "time_ms" is a ${type.kind}`);
  return type;
}

const canBeNumber = (type: AvroType): boolean =>
  ['int', 'long', 'float', 'double'].includes(type.kind) || (type.kind === 'union' && type.branches.some(canBeNumber));
