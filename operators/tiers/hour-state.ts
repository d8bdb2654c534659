import { crc32 } from 'node:zlib';
import { hasCode } from '../../base/errors.ts';
import type { TierCell } from '../../schemas/blocks.ts';
import { type Catalogue, positionsIn } from '../../schemas/catalogue.ts';
import { ByteReader, ByteWriter } from '../stats/byte-stream.ts';
import type { Figures } from '../stats/figures.ts';
import { decodeSketch, encodeSketch } from '../stats/sketch.ts';
import { cellKey, type TierSlices, tierKey } from './tier-slice.ts';

/** A record of the state topic; `value` null = forget the key. */
export interface HourRecord {
  readonly key: string;
  readonly value: Buffer | null;
}

export interface HourStateOptions {
  readonly epoch: number;
  readonly catalogue: Catalogue;
}

const formatVersion = 1;
const headBytes = 5;
const writer = new ByteWriter();

/**
 * The open hour as it stands after a closed minute: one record for each cell that the minute touched, so that the
 * newest record of each key is the whole of the hour so far. A version, a checksum, then figures by counter.
 */
export function hourRecords(hourEndMs: number, touched: TierSlices, hour: TierSlices, options: HourStateOptions) {
  const records: HourRecord[] = [];
  for (const [key, { service, tier, cells }] of touched)
    for (const [name, { cell }] of cells) {
      const { byCounter } = hour.get(key)!.cells.get(name)!;
      const value = encodeCell(hourEndMs, options.catalogue.version, byCounter);
      records.push({ key: keyOf(options.epoch, service, tier, cell), value });
    }
  return records.sort(byKey);
}

/** Takes back everything that was kept of an hour. */
export function forgetHour(hour: TierSlices, { epoch }: HourStateOptions): HourRecord[] {
  return [...hour.values()]
    .flatMap(({ service, tier, cells }) =>
      [...cells.values()].map(({ cell }) => ({ key: keyOf(epoch, service, tier, cell), value: null })),
    )
    .sort(byKey);
}

/** Takes back whatever was kept under this epoch: of a start whose own position is lost. */
export const forgetKept = (kept: readonly { readonly key: string }[], epoch: number): HourRecord[] =>
  kept.filter(({ key }) => placeOf(key, epoch) !== undefined).map(({ key }) => ({ key, value: null }));

/**
 * Hours by their end, from the newest record of each key, with this catalogue's counters. Records that do not check out
 * are counted and left out. Throws as `positionsIn`.
 */
export function restoreHours(
  records: readonly { readonly key: string; readonly value: Buffer }[],
  options: HourStateOptions,
): { hours: Map<number, TierSlices>; discarded: number } {
  const hours = new Map<number, TierSlices>();
  let discarded = 0;
  for (const { key, value } of records) {
    const place = placeOf(key, options.epoch);
    if (place === undefined) continue;
    const decoded = decodeCell(value, options.catalogue);
    if (decoded === undefined) discarded++;
    else put(hours, decoded.hourEndMs, place, decoded.byCounter);
  }
  return { hours, discarded };
}

/** After a restart maps are in another order; what is written must not be. */
const byKey = (a: HourRecord, b: HourRecord): number => (a.key < b.key ? -1 : 1);

interface Place {
  readonly service: string;
  readonly tier: string;
  readonly cell: TierCell;
}

function put(hours: Map<number, TierSlices>, endMs: number, place: Place, byCounter: (Figures | undefined)[]): void {
  const { service, tier, cell } = place;
  const slices: TierSlices = hours.get(endMs) ?? new Map();
  hours.set(endMs, slices);
  const key = tierKey(service, tier);
  const slice = slices.get(key) ?? { service, tier, cells: new Map() };
  slices.set(key, slice);
  slice.cells.set(cellKey(cell), { cell, byCounter });
}

const keyOf = (epoch: number, service: string, tier: string, { region, serverType }: TierCell): string =>
  JSON.stringify([epoch, service, tier, region, serverType]);

/** Undefined for keys of another epoch or another writer. */
function placeOf(key: string, epoch: number): Place | undefined {
  try {
    const [ofEpoch, service, tier, region, serverType] = JSON.parse(key) as [number, string, string, string, string];
    return ofEpoch === epoch ? { service, tier, cell: { region, serverType } } : undefined;
  } catch {
    return undefined;
  }
}

function encodeCell(hourEndMs: number, catalogueVersion: number, byCounter: readonly (Figures | undefined)[]): Buffer {
  writer.varint(hourEndMs);
  writer.varint(catalogueVersion);
  writer.varint(byCounter.length);
  for (const [counter, figures] of byCounter.entries()) {
    if (figures === undefined) continue;
    writer.varint(counter + 1);
    writer.varint(figures.hosts);
    writer.varint(figures.samples);
    writer.varint(figures.count);
    writer.double(figures.sum);
    writer.double(figures.min);
    writer.double(figures.max);
    writer.bytes(encodeSketch(figures.sketch));
  }
  const payload = writer.take();
  const head = Buffer.alloc(headBytes);
  head[0] = formatVersion;
  head.writeUInt32LE(crc32(payload), 1);
  return Buffer.concat([head, payload]);
}

interface DecodedCell {
  readonly hourEndMs: number;
  readonly byCounter: (Figures | undefined)[];
}

/** Undefined when it does not check out, or is of a version whose names are not known. */
function decodeCell(value: Buffer, catalogue: Catalogue): DecodedCell | undefined {
  const payload = value.subarray(headBytes);
  if (value.length < headBytes || value[0] !== formatVersion || value.readUInt32LE(1) !== crc32(payload))
    return undefined;
  const reader = new ByteReader(payload);
  const hourEndMs = reader.varint();
  const positions = positionsOfCell(catalogue, reader.varint());
  if (positions === 'unknown') return undefined;
  reader.varint();
  const byCounter = new Array<Figures | undefined>(catalogue.names.length).fill(undefined);
  while (!reader.atEnd) {
    const was = reader.varint() - 1;
    const figures = {
      hosts: reader.varint(),
      samples: reader.varint(),
      count: reader.varint(),
      sum: reader.double(),
      min: reader.double(),
      max: reader.double(),
      sketch: decodeSketch(reader.bytes()),
    };
    const is = positions === undefined ? was : (positions[was] ?? -1);
    if (is >= 0) byCounter[is] = figures;
  }
  return { hourEndMs, byCounter };
}

function positionsOfCell(catalogue: Catalogue, version: number): ReturnType<typeof positionsIn> | 'unknown' {
  try {
    return positionsIn(catalogue, version);
  } catch (error) {
    if (hasCode(error, 'DYNO_SCHEMA_CATALOGUE_UNKNOWN')) return 'unknown';
    throw error;
  }
}
