import { DynoError } from '../../base/errors.ts';

/** A writer's Avro schema as far as reading needs it. Named types may refer to themselves, so records are filled in late. */
export type AvroType =
  | { readonly kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string' }
  | { readonly kind: 'fixed'; readonly size: number }
  | { readonly kind: 'enum'; readonly symbols: number }
  | { readonly kind: 'array' | 'map'; readonly items: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | AvroRecord;

export interface AvroRecord {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: AvroField[];
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
}

const primitives = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

/** Reads an Avro schema (JSON text). Throws DYNO_NATIVE_SCHEMA_UNUSABLE when it is none. */
export function parseAvroSchema(json: string): AvroType {
  let schema: unknown;
  try {
    schema = JSON.parse(json);
  } catch (cause) {
    throw unusable(`it is not JSON (${json.slice(0, 60)})`, cause);
  }
  return parseType(schema, '', new Map());
}

export const unusable = (why: string, cause?: unknown): DynoError =>
  new DynoError(
    'DYNO_NATIVE_SCHEMA_UNUSABLE',
    `the writer schema cannot be used to decode counters: ${why}; expected an Avro record with a string "host" and a number "time_ms"`,
    { cause },
  );

type Names = Map<string, AvroType>;

function parseType(schema: unknown, namespace: string, names: Names): AvroType {
  if (typeof schema === 'string') return parseName(schema, namespace, names);
  if (Array.isArray(schema)) {
    if (schema.length === 0) throw unusable('it has a union without branches');
    return { kind: 'union', branches: schema.map((branch) => parseType(branch, namespace, names)) };
  }
  if (typeof schema !== 'object' || schema === null) throw unusable(`${JSON.stringify(schema)} is not a type`);
  return parseObject(schema as Record<string, unknown>, namespace, names);
}

function parseName(name: string, namespace: string, names: Names): AvroType {
  if (primitives.has(name)) return { kind: name } as AvroType;
  const known = names.get(fullName(name, namespace)) ?? names.get(name);
  if (known === undefined) throw unusable(`it uses the type "${name}" without defining it`);
  return known;
}

function parseObject(schema: Record<string, unknown>, namespace: string, names: Names): AvroType {
  const kind = schema['type'];
  if (typeof kind !== 'string') return parseType(kind, namespace, names);
  if (kind === 'array') return { kind, items: parseType(schema['items'], namespace, names) };
  if (kind === 'map') return { kind, items: parseType(schema['values'], namespace, names) };
  if (kind === 'record' || kind === 'error') return parseRecord(schema, namespace, names);
  if (kind === 'fixed') return define(schema, namespace, names, { kind, size: sizeOf(schema['size']) });
  if (kind === 'enum') return define(schema, namespace, names, { kind, symbols: listOf(schema['symbols']).length });
  return parseName(kind, namespace, names);
}

function parseRecord(schema: Record<string, unknown>, namespace: string, names: Names): AvroRecord {
  const record: AvroRecord = { kind: 'record', name: String(schema['name'] ?? ''), fields: [] };
  const inner = define(schema, namespace, names, record);
  for (const field of listOf(schema['fields'])) {
    const { name, type } = field as { name?: unknown; type?: unknown };
    if (typeof name !== 'string') throw unusable(`record "${record.name}" has a field without a name`);
    inner.fields.push({ name, type: parseType(type, namespaceOf(schema, namespace), names) });
  }
  return inner;
}

function define<T extends AvroType>(schema: Record<string, unknown>, namespace: string, names: Names, type: T): T {
  const name = schema['name'];
  if (typeof name !== 'string') throw unusable('it has a named type without a name');
  names.set(fullName(name, namespaceOf(schema, namespace)), type);
  return type;
}

/** A dotted name carries its own namespace; then `namespace`; then that of the enclosing type. */
function namespaceOf(schema: Record<string, unknown>, enclosing: string): string {
  const name = String(schema['name']);
  if (name.includes('.')) return name.slice(0, name.lastIndexOf('.'));
  return typeof schema['namespace'] === 'string' ? schema['namespace'] : enclosing;
}

const fullName = (name: string, namespace: string): string =>
  name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unusable('a record without "fields" or an enum without "symbols"');
  return value;
}

function sizeOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw unusable('a fixed without a size');
  return value;
}
