import { crc32 } from 'node:zlib';
import { ByteReader, ByteWriter } from '../stats/byte-stream.ts';
import type { CorrelationPlan } from './correlation-plan.ts';
import { compareEntities, type EntityIdentity, entityKey } from './entity.ts';
import { type CorrelationWorkplace, EntityCorrelations, keptMsOf } from './entity-correlations.ts';
import { type PointSlice, sliceMs } from './point-slice.ts';

/** A record of the state topic; `value` null = forget the key. */
export interface CorrelationRecord {
  readonly key: string;
  readonly value: Buffer | null;
}

const formatVersion = 1;
const headBytes = 5;
const writer = new ByteWriter();

/** Keys that an entity uses: its slices take them in turn, so that the newest overwrites one that is not needed any more. */
const placesOf = (plan: CorrelationPlan): number => Math.ceil(keptMsOf(plan) / sliceMs) + 2;

/** One closed slice of an entity: its points as they came, nothing that could be made from them. */
export function sliceRecord(
  entity: EntityIdentity,
  slice: PointSlice,
  options: { readonly epoch: number; readonly plan: CorrelationPlan },
): CorrelationRecord {
  const place = (slice.endMs / sliceMs) % placesOf(options.plan);
  return { key: keyOf(options.epoch, entity, place), value: encodeSlice(slice, options.plan.metrics) };
}

/** Takes back whatever was kept of an entity. */
export const forgetEntity = (
  entity: EntityIdentity,
  { epoch, plan }: { readonly epoch: number; readonly plan: CorrelationPlan },
): CorrelationRecord[] =>
  Array.from({ length: placesOf(plan) }, (_, place) => ({ key: keyOf(epoch, entity, place), value: null }));

/** Takes back whatever was kept under this epoch: of a start whose own position is lost. */
export const forgetKept = (kept: readonly { readonly key: string }[], epoch: number): CorrelationRecord[] =>
  kept.filter(({ key }) => entityOf(key, epoch) !== undefined).map(({ key }) => ({ key, value: null }));

/**
 * Entities from the newest record of each key, in the order of their last points, with this plan's metrics: those that
 * the record does not know have no values. Records that do not check out are counted and left out.
 */
export function restoreEntities(
  records: readonly { readonly key: string; readonly value: Buffer }[],
  options: { readonly epoch: number; readonly workplace: CorrelationWorkplace },
): { entities: EntityCorrelations[]; discarded: number } {
  const slicesOf = new Map<string, { entity: EntityIdentity; slices: DecodedSlice[] }>();
  let discarded = 0;
  for (const { key, value } of records) {
    const entity = entityOf(key, options.epoch);
    if (entity === undefined) continue;
    const slice = decodeSlice(value, options.workplace.plan.metrics);
    if (slice === undefined) {
      discarded++;
      continue;
    }
    const name = entityKey(entity);
    const known = slicesOf.get(name);
    if (known === undefined) slicesOf.set(name, { entity, slices: [slice] });
    else known.slices.push(slice);
  }
  const entities = [...slicesOf.values()].map(({ entity, slices }) => rebuilt(entity, slices, options.workplace));
  entities.sort((a, b) => a.lastMs - b.lastMs || compareEntities(a.identity, b.identity));
  return { entities, discarded };
}

interface DecodedSlice {
  readonly times: Float64Array;
  /** By point. */
  readonly values: readonly Float64Array[];
}

/** Appending forgets what is older than the longest window: records that were not overwritten yet among it. */
function rebuilt(identity: EntityIdentity, slices: DecodedSlice[], workplace: CorrelationWorkplace) {
  const entity = new EntityCorrelations(identity, workplace);
  slices.sort((a, b) => a.times[0]! - b.times[0]!);
  for (const { times, values } of slices)
    for (const [point, timeMs] of times.entries()) entity.append(timeMs, values[point]!);
  for (const slice of entity.slices) slice.written = true;
  return entity;
}

const keyOf = (epoch: number, { tier, generation, host }: EntityIdentity, place: number): string =>
  JSON.stringify([epoch, tier, generation, host, place]);

/** Undefined for keys of another epoch or another writer. */
function entityOf(key: string, epoch: number): EntityIdentity | undefined {
  try {
    const [ofEpoch, tier, generation, host] = JSON.parse(key) as [number, string, string, string];
    return ofEpoch === epoch ? { tier, generation, host } : undefined;
  } catch {
    return undefined;
  }
}

/** A version, a checksum; names of the metrics, times, then the values of one metric after the other. */
function encodeSlice(slice: PointSlice, metrics: readonly string[]): Buffer {
  writer.varint(metrics.length);
  for (const metric of metrics) writer.bytes(Buffer.from(metric));
  writer.varint(slice.count);
  for (let point = 0; point < slice.count; point++) writer.double(slice.times[point]!);
  for (let metric = 0; metric < metrics.length; metric++)
    for (let point = 0; point < slice.count; point++) writer.double(slice.values[slice.columnAt(metric) + point]!);
  const payload = writer.take();
  const head = Buffer.alloc(headBytes);
  head[0] = formatVersion;
  head.writeUInt32LE(crc32(payload), 1);
  return Buffer.concat([head, payload]);
}

/** Undefined when it does not check out. */
function decodeSlice(value: Buffer, metrics: readonly string[]): DecodedSlice | undefined {
  const payload = value.subarray(headBytes);
  if (value.length < headBytes || value[0] !== formatVersion || value.readUInt32LE(1) !== crc32(payload))
    return undefined;
  const reader = new ByteReader(payload);
  const names = Array.from({ length: reader.varint() }, () => reader.bytes().toString());
  const times = Float64Array.from({ length: reader.varint() }, () => reader.double());
  const values = Array.from(times, () => new Float64Array(metrics.length).fill(Number.NaN));
  for (const name of names) {
    const metric = metrics.indexOf(name);
    for (const ofPoint of values) {
      const number = reader.double();
      if (metric >= 0) ofPoint[metric] = number;
    }
  }
  return { times, values };
}
