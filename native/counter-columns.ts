import { type ByteList, ByteSpans } from '../base/byte-list.ts';
import { schemaIdOf, wirePrefixBytes } from '../schemas/wire-format.ts';

/**
 * Decoded counter records of one fetched batch, in columns. The arrays belong to the decoder and are overwritten by
 * its next call; `count` bounds what is valid.
 */
export interface CounterColumns {
  readonly count: number;
  /** Index into `hostNames`. When the decoder knows too many hosts, indices of those unseen longest are given to others. */
  readonly hosts: Uint32Array;
  readonly hostNames: readonly string[];
  /** Second at which the agent read its counters, ms. */
  readonly timesMs: Float64Array;
  readonly intervalsMs: Float64Array;
  /** One column per counter of the catalogue, in its order; NaN = no value. */
  readonly columns: readonly Float64Array[];
  /** The same columns in one piece, `all[record + counter * stride]`: what is handed to the addon. */
  readonly all: Float64Array;
  readonly stride: number;
  /** By counter: 0 = no record of this batch has a value. */
  readonly present: Uint8Array;
  /** Application values outside the catalogue. */
  readonly app: readonly (ReadonlyMap<string, number> | undefined)[];
  /** 1 = decoded; 0 = undecodable, its reason in `failures`. */
  readonly decoded: Uint8Array;
  readonly failures: ReadonlyMap<number, DecodeFailure>;
  /** Values of this batch that were NaN or infinite on the wire, or application values beyond their bounds. */
  readonly implausible: number;
}

/** Why a record could not be decoded: these words go into the dead-letter headers. */
export interface DecodeFailure {
  readonly reason:
    | 'empty'
    | 'wrong_magic'
    | 'unknown_schema'
    | 'truncated'
    | 'trailing_bytes'
    | 'malformed'
    | 'no_host'
    | 'bad_time';
  readonly message: string;
}

/** Decodes whole batches: Confluent prefix, then Avro by the writer's schema, straight into columns. */
export interface CounterDecoder {
  /** Teaches the decoder a writer schema (Avro JSON). Throws DYNO_NATIVE_SCHEMA_UNUSABLE when it has no host or time. */
  addSchema(schemaId: number, schemaJson: string): void;
  knowsSchema(schemaId: number): boolean;
  decode(values: ByteList): CounterColumns;
}

/** Schema ids named by the Confluent prefixes of these values, each once. Values without a prefix are passed over. */
export function schemaIdsOf(values: ByteList): Set<number> {
  const ids = new Set<number>();
  if (values instanceof ByteSpans) idsInSpans(values, ids);
  else for (const value of values) if (value !== null) note(ids, schemaIdOf(value));
  return ids;
}

/** Without an object a value. */
function idsInSpans({ buffer, starts, lengths }: ByteSpans, ids: Set<number>): void {
  const bytes = new DataView(buffer);
  let last: number | undefined;
  for (let at = 0; at < starts.length; at++) {
    const start = starts[at]!;
    if (lengths[at]! < wirePrefixBytes || bytes.getUint8(start) !== 0) continue;
    const id = bytes.getInt32(start + 1);
    if (id !== last) ids.add(id);
    last = id;
  }
}

function note(ids: Set<number>, id: number | undefined): void {
  if (id !== undefined) ids.add(id);
}
