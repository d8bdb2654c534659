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
export function recordMapping(schema: Json): Mapping {
  const fields = (schema['fields'] as Json[]).map((field) => {
    const column = field['name'] as string;
    return { column, key: camelOf(column), mapping: mappingOf(field['type']) };
  });
  return {
    toAvro: (value) => {
      const record = value as Json;
      return Object.fromEntries(fields.map(({ column, key, mapping }) => [column, mapping.toAvro(record[key])]));
    },
    fromAvro: (value) => {
      const record = value as Json;
      return Object.fromEntries(fields.map(({ column, key, mapping }) => [key, mapping.fromAvro(record[column])]));
    },
  };
}

const camelOf = (column: string): string => column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const asItIs: Mapping = { toAvro: (value) => value, fromAvro: (value) => value };

function mappingOf(type: unknown): Mapping {
  if (Array.isArray(type)) return nullable(type);
  if (typeof type !== 'object' || type === null) return asItIs;
  const schema = type as Json;
  if (schema['type'] === 'record') return recordMapping(schema);
  if (schema['type'] === 'array') return listOf(mappingOf(schema['items']));
  if (schema['type'] === 'map') return mapOf(mappingOf(schema['values']));
  return mappingOf(schema['type']);
}

/** Of unions, only `["null", T]` occurs in our records. */
function nullable(branches: readonly unknown[]): Mapping {
  const inner = mappingOf(branches.find((branch) => branch !== 'null'));
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
