import { packApp } from './app-entries.ts';
import { avroFile } from './avro-file.ts';
import { hostWindowsBytes, tierSecondsBytes } from './block-bytes.ts';
import { type BlockHeadRecord, Dictionary, expectLength, headOf, headRecordOf, packHosts } from './block-head.ts';
import type { Block, HostWindowsBlock, TierSecondsBlock } from './blocks.ts';
import { correlations } from './correlations-kind.ts';
import { packNumbers, unpackFloat32, unpackFloat64, unpackInt32 } from './packed-numbers.ts';
import { tierWindows } from './tier-windows-kind.ts';

/** How one kind of block travels. A new kind = its type in `blocks.ts`, an `.avsc`, an entry in `blockKinds`, a topic. */
export interface BlockKind<B> {
  /** The record of `schemas/avro/`, JSON. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly toRecord: (block: B) => unknown;
  /** The bytes that avsc makes of `toRecord`, faster: for kinds that are written often. */
  readonly toBytes?: (block: B, schemaId: number) => Buffer;
  /** Throws RangeError when the columns do not fit together. */
  readonly fromRecord: (record: unknown) => B;
}

export type BlockKinds = { readonly [K in Block['kind']]: BlockKind<Extract<Block, { kind: K }>> };

interface TierSecondsRecord extends BlockHeadRecord {
  readonly metrics: readonly string[];
  readonly values: Buffer;
}

const tierSeconds: BlockKind<TierSecondsBlock> = {
  schema: avroFile('tier-seconds-block'),
  toRecord: (block) => {
    expectLength('values', block.values.length, block.metrics.length * block.hosts.length);
    return { ...headRecordOf(block), metrics: block.metrics, values: packNumbers(block.values) };
  },
  toBytes: tierSecondsBytes,
  fromRecord: (record) => {
    const { metrics, values, ...head } = record as TierSecondsRecord;
    const numbers = unpackFloat64(values);
    expectLength('values', numbers.length, metrics.length * head.hosts);
    return { kind: 'tier-seconds', ...headOf(head), metrics, values: numbers };
  },
};

interface HostWindowsRecord extends BlockHeadRecord {
  readonly catalogue_version: number;
  readonly values: Buffer;
  readonly samples: Buffer;
  readonly app_entries: Buffer;
  readonly app_values: Buffer;
}

const hostWindows: BlockKind<HostWindowsBlock> = {
  schema: avroFile('host-windows-block'),
  toRecord: (block) => {
    expectLength('samples', block.samples.length, block.values.length);
    const dictionary = new Dictionary();
    const head = headRecordOf(block, packHosts(block.hosts, dictionary));
    const app = packApp(block.app, dictionary);
    return {
      ...head,
      catalogue_version: block.catalogueVersion,
      values: packNumbers(block.values),
      samples: Buffer.from(block.samples.buffer, block.samples.byteOffset, block.samples.byteLength),
      app_entries: packNumbers(app.entries),
      app_values: packNumbers(app.values),
    };
  },
  toBytes: hostWindowsBytes,
  fromRecord: (record) => {
    const body = record as HostWindowsRecord;
    const values = unpackFloat32(body.values);
    if (body.hosts > 0 && values.length % body.hosts !== 0) {
      throw new RangeError(`values holds ${values.length} values, not the same number for each of ${body.hosts} hosts`);
    }
    expectLength('samples', body.samples.length, values.length);
    const catalogueVersion = body.catalogue_version;
    const samples = new Uint8Array(body.samples);
    return { kind: 'host-windows', ...headOf(body), catalogueVersion, values, samples, app: unpackApp(body) };
  },
};

function unpackApp(record: HostWindowsRecord): (Map<string, number> | undefined)[] {
  const entries = unpackInt32(record.app_entries);
  const values = unpackFloat64(record.app_values);
  expectLength('app_entries', entries.length, values.length * 2);
  const app = new Array<Map<string, number> | undefined>(record.hosts).fill(undefined);
  values.forEach((mean, i) => {
    const host = entries[2 * i]!;
    const name = record.dictionary[entries[2 * i + 1]!];
    if (host < 0 || host >= record.hosts || name === undefined) {
      throw new RangeError(`application value ${i} names no host or no string of the dictionary`);
    }
    const means = app[host] ?? new Map<string, number>();
    app[host] = means.set(name, mean);
  });
  return app;
}

export const blockKinds: BlockKinds = {
  'tier-seconds': tierSeconds,
  'host-windows': hostWindows,
  'tier-windows': tierWindows,
  correlations,
};
