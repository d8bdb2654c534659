import avro, { type Type } from 'avsc';
import { BoundedMap } from '../base/bounded-map.ts';
import { DynoError, messageOf } from '../base/errors.ts';
import { type BoundsCheck, boundsCheckOf } from './avro-bounds.ts';
import { schemaIdOf, wirePrefixBytes, withSchemaId } from './wire-format.ts';

/** Encodes and decodes the values of one topic. Schemas of other writers are taught by id, then read as ours. */
export interface ValueCodec<T> {
  /** What this program writes, Avro JSON: registered under `<topic>-value`. */
  readonly schemaJson: string;
  encode(value: T, schemaId: number): Buffer;
  /** Teaches a writer's schema. Throws DYNO_SCHEMA_INCOMPATIBLE when its records cannot be read as ours. */
  addSchema(schemaId: number, writerJson: string): void;
  knowsSchema(schemaId: number): boolean;
  /** Throws DYNO_SCHEMA_UNKNOWN for an id not taught (retryable), DYNO_SCHEMA_MALFORMED for bytes that are no such record. */
  decode(value: Buffer): T;
}

export interface AvroMapping<T> {
  /** For messages: the topic or kind. */
  readonly name: string;
  readonly schemaJson: string;
  /** What may be read; default: what is written. */
  readonly readerJson?: string;
  /** To and from the record as avsc holds it: snake_case fields, unions of records wrapped as `{branch: record}`. */
  readonly toAvro: (value: T) => unknown;
  readonly fromAvro: (record: unknown) => T;
}

interface Writer {
  readonly resolver: ReturnType<Type['createResolver']> | undefined;
  readonly checkBounds: BoundsCheck;
}

/** Writers of one topic alive at the same time; more than this many versions of one schema is a fault. */
const writersMax = 256;

export function avroCodec<T>(mapping: AvroMapping<T>): ValueCodec<T> {
  const written = parseSchema(mapping.name, mapping.schemaJson);
  const reader = mapping.readerJson === undefined ? written : parseSchema(mapping.name, mapping.readerJson);
  const writers = new BoundedMap<number, Writer>({ keysMax: writersMax });
  return {
    schemaJson: mapping.schemaJson,
    encode: (value, schemaId) => withSchemaId(schemaId, encodeBody(mapping, written, value)),
    addSchema: (schemaId, writerJson) => writers.set(schemaId, writerOf(mapping.name, reader, schemaId, writerJson)),
    knowsSchema: (schemaId) => writers.has(schemaId),
    decode: (value) => {
      const schemaId = schemaIdOf(value);
      if (schemaId === undefined) throw malformed(mapping.name, 'it does not start with a schema id');
      const writer = writers.get(schemaId);
      if (writer === undefined) throw unknownSchema(mapping.name, schemaId);
      return decodeBody(mapping, reader, writer, value.subarray(wirePrefixBytes));
    },
  };
}

/** Parses Avro JSON; unions of records are wrapped, nullable values are not. */
export function parseSchema(name: string, json: string): Type {
  try {
    return avro.Type.forSchema(JSON.parse(json), { wrapUnions: 'auto', omitRecordMethods: true });
  } catch (cause) {
    throw new DynoError('DYNO_SCHEMA_UNPARSABLE', `the Avro schema of ${name} cannot be parsed: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function encodeBody<T>(mapping: AvroMapping<T>, type: Type, value: T): Buffer {
  try {
    return type.toBuffer(mapping.toAvro(value));
  } catch (cause) {
    const message = `a value for ${mapping.name} does not fit its schema: ${messageOf(cause)}`;
    throw new DynoError('DYNO_SCHEMA_UNWRITABLE', message, { cause });
  }
}

function decodeBody<T>(mapping: AvroMapping<T>, reader: Type, writer: Writer, body: Buffer): T {
  try {
    const end = writer.checkBounds(body, 0);
    if (end !== body.length) throw new RangeError(`${body.length - end} bytes follow the record`);
    return mapping.fromAvro(reader.fromBuffer(body, writer.resolver));
  } catch (cause) {
    throw malformed(mapping.name, messageOf(cause), cause);
  }
}

/** Built once per writer: avsc's resolver costs 50 times a decode. */
function writerOf(name: string, reader: Type, schemaId: number, writerJson: string): Writer {
  const type = parseSchema(`${name} with id ${schemaId}`, writerJson);
  try {
    const resolver = type.equals(reader) ? undefined : reader.createResolver(type);
    return { resolver, checkBounds: boundsCheckOf(type) };
  } catch (cause) {
    const message = `records of ${name} written with schema id ${schemaId} cannot be read by this version: ${messageOf(cause)}`;
    throw new DynoError('DYNO_SCHEMA_INCOMPATIBLE', message, { cause, details: { schemaId } });
  }
}

const malformed = (name: string, why: string, cause?: unknown) =>
  new DynoError('DYNO_SCHEMA_MALFORMED', `a value of ${name} cannot be decoded: ${why}`, { cause });

const unknownSchema = (name: string, schemaId: number) =>
  new DynoError(
    'DYNO_SCHEMA_UNKNOWN',
    `a value of ${name} was written with schema id ${schemaId}, which has not been fetched from the registry yet`,
    { retryable: true, details: { schemaId } },
  );
