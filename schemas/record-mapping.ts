/** How a value of an Avro type looks in TypeScript, and back. */
interface Mapping {
  readonly toAvro: (value: unknown) => unknown;
  readonly fromAvro: (value: unknown) => unknown;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Mapping of a record that needs no code of its own: fields `time_ms` ↔ `timeMs`, arrays and records within, maps ↔
 * `Map`, null ↔ undefined. Built once from the schema.
 */
export const recordMapping = (schema: Json): Mapping => mappingOfRecord(schema, new Map());

/** `named`: records by their names, which stand for them wherever they come again. */
function mappingOfRecord(schema: Json, named: Map<string, Mapping>): Mapping {
  const fields = (schema['fields'] as Json[]).map((field) => {
    const column = field['name'] as string;
    return { column, key: camelOf(column), mapping: mappingOf(field['type'], named) };
  });
  const mapping: Mapping = {
    toAvro: (value) => {
      const record = value as Json;
      return Object.fromEntries(fields.map(({ column, key, mapping }) => [column, mapping.toAvro(record[key])]));
    },
    fromAvro: (value) => {
      const record = value as Json;
      return Object.fromEntries(fields.map(({ column, key, mapping }) => [key, mapping.fromAvro(record[column])]));
    },
  };
  named.set(schema['name'] as string, mapping);
  return mapping;
}

const camelOf = (column: string): string => column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const asItIs: Mapping = { toAvro: (value) => value, fromAvro: (value) => value };

function mappingOf(type: unknown, named: Map<string, Mapping>): Mapping {
  if (Array.isArray(type)) return nullable(type, named);
  if (typeof type === 'string') return named.get(type) ?? asItIs;
  const schema = type as Json;
  if (schema['type'] === 'record') return mappingOfRecord(schema, named);
  if (schema['type'] === 'array') return listOf(mappingOf(schema['items'], named));
  if (schema['type'] === 'map') return mapOf(mappingOf(schema['values'], named));
  return mappingOf(schema['type'], named);
}

/** Of unions, only `["null", T]` occurs in our records. */
function nullable(branches: readonly unknown[], named: Map<string, Mapping>): Mapping {
  const inner = mappingOf(
    branches.find((branch) => branch !== 'null'),
    named,
  );
  return {
    toAvro: (value) => (value === undefined ? null : inner.toAvro(value)),
    fromAvro: (value) => (value === null ? undefined : inner.fromAvro(value)),
  };
}

const listOf = (items: Mapping): Mapping => ({
  toAvro: (value) => (value as readonly unknown[]).map(items.toAvro),
  fromAvro: (value) => (value as readonly unknown[]).map(items.fromAvro),
});

const mapOf = (values: Mapping): Mapping => ({
  toAvro: (value) =>
    Object.fromEntries([...(value as ReadonlyMap<string, unknown>)].map(([key, item]) => [key, values.toAvro(item)])),
  fromAvro: (value) => new Map(Object.entries(value as Json).map(([key, item]) => [key, values.fromAvro(item)])),
});
