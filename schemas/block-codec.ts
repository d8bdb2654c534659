import { DynoError, messageOf } from '../base/errors.ts';
import { avroCodec, type ValueCodec } from './avro-codec.ts';
import { avroFile } from './avro-file.ts';
import { type BlockKind, blockKinds } from './block-kinds.ts';
import type { Block, BlockMessage, WindowMarker } from './blocks.ts';

type BlockOf<K extends Block['kind']> = Extract<Block, { kind: K }>;

const markerSchema = avroFile('window-marker');
const markerBranch = branchOf(markerSchema);

/**
 * Values of a topic of blocks: the union of one kind of block and the marker, in this order. `decode` gives arrays of
 * its own; hosts without application values get `undefined`.
 */
export const blockCodec = <K extends Block['kind']>(kind: K): ValueCodec<BlockOf<K> | WindowMarker> =>
  // The record type of each kind fits its own entry; TypeScript cannot see that through an index.
  codecOfKind(kind, blockKinds[kind] as unknown as BlockKind<BlockOf<K>>);

function codecOfKind<B extends Block>(name: string, kind: BlockKind<B>): ValueCodec<B | WindowMarker> {
  const branch = branchOf(kind.schema);
  const codec = avroCodec<B | WindowMarker>({
    name: `${name} blocks`,
    schemaJson: JSON.stringify([kind.schema, markerSchema]),
    toAvro: (message) =>
      message.kind === 'marker' ? { [markerBranch]: markerRecordOf(message) } : { [branch]: kind.toRecord(message) },
    fromAvro: (wrapped) => {
      const union = wrapped as Readonly<Record<string, unknown>>;
      const marker = union[markerBranch];
      return marker === undefined ? kind.fromRecord(union[branch]) : markerOf(marker as MarkerRecord);
    },
  });
  const { toBytes } = kind;
  if (toBytes === undefined) return codec;
  const encode = (message: B | WindowMarker, schemaId: number): Buffer =>
    message.kind === 'marker' ? codec.encode(message, schemaId) : bytesOf(name, () => toBytes(message, schemaId));
  return { ...codec, encode };
}

function bytesOf(name: string, write: () => Buffer): Buffer {
  try {
    return write();
  } catch (cause) {
    throw new DynoError('DYNO_SCHEMA_UNWRITABLE', `a value for ${name} blocks does not fit: ${messageOf(cause)}`, {
      cause,
    });
  }
}

const writers: { readonly [K in Block['kind']]: ValueCodec<BlockOf<K> | WindowMarker> } = {
  'tier-seconds': blockCodec('tier-seconds'),
  'host-windows': blockCodec('host-windows'),
  'tier-windows': blockCodec('tier-windows'),
  correlations: blockCodec('correlations'),
};

/** A block or marker as a record's value. A marker has the same bytes on every topic of blocks, save for the id. */
export function encodeBlockMessage(message: BlockMessage, schemaId: number): Buffer {
  if (message.kind === 'host-windows') return writers['host-windows'].encode(message, schemaId);
  if (message.kind === 'correlations') return writers.correlations.encode(message, schemaId);
  if (message.kind === 'tier-windows') return writers['tier-windows'].encode(message, schemaId);
  return writers['tier-seconds'].encode(message, schemaId);
}

interface MarkerRecord {
  readonly source: number;
  readonly sources: number;
  readonly epoch: number;
  readonly window_ms: number;
  readonly closed_through_ms: number;
}

const markerRecordOf = (marker: WindowMarker): MarkerRecord => ({
  source: marker.source,
  sources: marker.sources,
  epoch: marker.epoch,
  window_ms: marker.windowMs,
  closed_through_ms: marker.closedThroughMs,
});

const markerOf = (record: MarkerRecord): WindowMarker => ({
  kind: 'marker',
  source: record.source,
  sources: record.sources,
  epoch: record.epoch,
  windowMs: record.window_ms,
  closedThroughMs: record.closed_through_ms,
});

function branchOf(schema: Readonly<Record<string, unknown>>): string {
  return `${schema['namespace']}.${schema['name']}`;
}
