import { type Level, levels } from './compatibility.ts';

/** One version of a subject. */
export interface SubjectVersion {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schema: string;
  /** Softly: still found by id and when asked for with `deleted=true`. */
  readonly deleted: boolean;
}

export type SchemaRecord =
  | { readonly kind: 'version'; readonly version: SubjectVersion }
  | { readonly kind: 'forgotten'; readonly subject: string; readonly version: number }
  | { readonly kind: 'level'; readonly subject: string | undefined; readonly level: Level | undefined };

/** A record of `_schemas` as Confluent's registry writes it, so that the topic may be taken over either way. */
export function encodeSchemaRecord(record: SchemaRecord): { readonly key: Buffer; readonly value: Buffer | null } {
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  if (record.kind === 'level') {
    const { subject, level } = record;
    return {
      key: json({ keytype: 'CONFIG', subject: subject ?? null, magic: 0 }),
      value: level === undefined ? null : json({ subject: subject ?? null, compatibilityLevel: level }),
    };
  }
  const { subject, version } = record.kind === 'version' ? record.version : record;
  return {
    key: json({ keytype: 'SCHEMA', subject, version, magic: 1 }),
    value: record.kind === 'version' ? json(record.version) : null,
  };
}

/** `undefined` for what this registry does not use (NOOP, MODE, other kinds of schema). */
export function decodeSchemaRecord(key: Buffer | null, value: Buffer | null): SchemaRecord | undefined {
  const asked = parsed(key);
  const found = parsed(value);
  const { keytype, subject, version } = asked ?? {};
  if (keytype === 'CONFIG') {
    const level = levels.find((each) => each === found?.['compatibilityLevel']);
    return { kind: 'level', subject: typeof subject === 'string' ? subject : undefined, level };
  }
  if (keytype !== 'SCHEMA' || typeof subject !== 'string' || typeof version !== 'number') return undefined;
  if (value === null) return { kind: 'forgotten', subject, version };
  const { id, schema, schemaType, deleted } = found ?? {};
  if (typeof id !== 'number' || typeof schema !== 'string') return undefined;
  if (schemaType !== undefined && schemaType !== 'AVRO') return undefined;
  return { kind: 'version', version: { subject, version, id, schema, deleted: deleted === true } };
}

function parsed(bytes: Buffer | null): Record<string, unknown> | undefined {
  if (bytes === null) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
