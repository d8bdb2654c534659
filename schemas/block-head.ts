import type { BlockHead, BlockIdentity } from './blocks.ts';
import { packNumbers, unpackInt32 } from './packed-numbers.ts';

/** The fields that every block's Avro record starts with. */
export interface BlockHeadRecord {
  readonly window_end_ms: number;
  readonly window_ms: number;
  readonly source: number;
  readonly sources: number;
  readonly epoch: number;
  readonly part: number;
  readonly parts: number;
  readonly hosts: number;
  readonly dictionary: readonly string[];
  readonly identity_columns: readonly string[];
  readonly identities: Buffer;
}

/** Name of each identity on the wire. A new one goes to the end; readers that do not know it pass it over. */
const identityColumns: readonly (readonly [column: string, key: keyof BlockIdentity])[] = [
  ['host', 'host'],
  ['tier', 'tier'],
  ['service', 'service'],
  ['region', 'region'],
  ['server_type', 'serverType'],
  ['generation', 'generation'],
  ['build', 'build'],
  ['pool', 'pool'],
  ['server', 'server'],
];
const columnNames = identityColumns.map(([column]) => column);

/** Every distinct string of one block, by position. */
export class Dictionary {
  readonly strings: string[] = [];
  readonly #positions = new Map<string, number>();

  positionOf(text: string): number {
    const known = this.#positions.get(text);
    if (known !== undefined) return known;
    this.#positions.set(text, this.strings.length);
    return this.strings.push(text) - 1;
  }
}

export interface PackedIdentities {
  readonly strings: readonly string[];
  readonly positions: Buffer;
}

/** The same list of hosts comes every second while nothing changes: it is packed once. */
const packed = new WeakMap<readonly BlockIdentity[], PackedIdentities>();

/** Avro fields of a block's head; `identities` where the caller adds strings of its own to their dictionary. */
export function headRecordOf(block: BlockHead, identities = packedOf(block.hosts)): BlockHeadRecord {
  const { strings, positions } = identities;
  return {
    window_end_ms: block.windowEndMs,
    window_ms: block.windowMs,
    source: block.source,
    sources: block.sources,
    epoch: block.epoch,
    part: block.part,
    parts: block.parts,
    hosts: block.hosts.length,
    dictionary: strings,
    identity_columns: columnNames,
    identities: positions,
  };
}

function packedOf(hosts: readonly BlockIdentity[]): PackedIdentities {
  let known = packed.get(hosts);
  if (known === undefined) {
    known = packHosts(hosts, new Dictionary());
    packed.set(hosts, known);
  }
  return known;
}

/** Who the hosts are, as positions in a dictionary that may grow later. */
export function packHosts(hosts: readonly BlockIdentity[], dictionary: Dictionary): PackedIdentities {
  const count = hosts.length;
  const positions = new Int32Array(columnNames.length * count);
  identityColumns.forEach(([, key], column) => {
    for (let i = 0; i < count; i++) positions[column * count + i] = dictionary.positionOf(hosts[i]![key]);
  });
  return { strings: dictionary.strings, positions: packNumbers(positions) };
}

/** Throws RangeError when the columns do not fit together. */
export function headOf(record: BlockHeadRecord): BlockHead {
  return {
    windowEndMs: record.window_end_ms,
    windowMs: record.window_ms,
    source: record.source,
    sources: record.sources,
    epoch: record.epoch,
    part: record.part,
    parts: record.parts,
    hosts: identitiesOf(record),
  };
}

function identitiesOf(record: BlockHeadRecord): BlockIdentity[] {
  const positions = unpackInt32(record.identities);
  const count = record.hosts;
  expectLength('identities', positions.length, record.identity_columns.length * count);
  if (!record.identity_columns.includes('host')) throw new RangeError('identity_columns does not name host');
  const starts = identityColumns.map(([column]) => record.identity_columns.indexOf(column) * count);
  const textOf = (column: number, host: number): string => {
    const start = starts[column]!;
    if (start < 0) return '';
    const text = record.dictionary[positions[start + host]!];
    if (text === undefined)
      throw new RangeError(`identity ${columnNames[column]} of host ${host} is not in the dictionary`);
    return text;
  };
  return Array.from({ length: count }, (_, host) => ({
    host: textOf(0, host),
    tier: textOf(1, host),
    service: textOf(2, host),
    region: textOf(3, host),
    serverType: textOf(4, host),
    generation: textOf(5, host),
    build: textOf(6, host),
    pool: textOf(7, host),
    server: textOf(8, host),
  }));
}

/** Throws RangeError when a column of a block has not the length that its head says. */
export function expectLength(column: string, length: number, expected: number): void {
  if (length !== expected) throw new RangeError(`${column} holds ${length} values, expected ${expected}`);
}
