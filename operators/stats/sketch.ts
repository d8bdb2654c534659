import { ByteReader, ByteWriter } from './byte-stream.ts';

/**
 * DDSketch (Masson, Rim, Lee 2019): counts in buckets whose bounds grow by a constant factor, so that a quantile is
 * within 1 % of a value that was put in. Sketches of parts merge into the sketch of the whole, exactly.
 *
 * One ordered space of keys holds all numbers: 0 for those next to zero, positive keys for positive numbers, the same
 * keys negated for negative ones.
 */
export interface Sketch {
  /** Ascending. Plain arrays: most sketches have a few buckets, and a typed array costs more than they do. */
  readonly keys: readonly number[];
  readonly counts: readonly number[];
}

export const relativeAccuracy = 0.01;
const gamma = (1 + relativeAccuracy) / (1 - relativeAccuracy);
const perLogGamma = 1 / Math.log(gamma);
/** Numbers closer to 0 than this count as 0. */
const smallest = 1e-9;
/** Makes the bucket of `smallest` key 1. */
const firstBucket = Math.ceil(Math.log(smallest) * perLogGamma);

export const emptySketch: Sketch = { keys: [], counts: [] };

let scratch = new Int32Array(1_024);

/** Sketch of `values[0 … count)`, which must be finite. */
export function sketchOf(values: Float64Array, count: number): Sketch {
  if (count > scratch.length) scratch = new Int32Array(count * 2);
  for (let i = 0; i < count; i++) scratch[i] = keyOf(values[i]!);
  sortScratch(count);
  const keys: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < count; ) {
    const key = scratch[i]!;
    const from = i;
    while (i < count && scratch[i] === key) i++;
    keys.push(key);
    counts.push(i - from);
  }
  return { keys, counts };
}

export function mergeSketches(a: Sketch, b: Sketch): Sketch {
  const keys: number[] = [];
  const counts: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.keys.length && j < b.keys.length) {
    const left = a.keys[i]!;
    const right = b.keys[j]!;
    keys.push(Math.min(left, right));
    counts.push((left <= right ? a.counts[i++]! : 0) + (right <= left ? b.counts[j++]! : 0));
  }
  for (; i < a.keys.length; i++) {
    keys.push(a.keys[i]!);
    counts.push(a.counts[i]!);
  }
  for (; j < b.keys.length; j++) {
    keys.push(b.keys[j]!);
    counts.push(b.counts[j]!);
  }
  return { keys, counts };
}

/** Most cells have few hosts: for them the call of a sort costs more than the sorting. */
const insertionMax = 24;

function sortScratch(count: number): void {
  if (count > insertionMax) {
    scratch.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const key = scratch[i]!;
    let at = i;
    for (; at > 0 && scratch[at - 1]! > key; at--) scratch[at] = scratch[at - 1]!;
    scratch[at] = key;
  }
}

/** For ascending q in 0 … 1: a number within 1 % of the value at rank q · (n − 1). Undefined for an empty sketch. */
export function quantilesOf(sketch: Sketch, ascending: readonly number[]): readonly number[] | undefined {
  let total = 0;
  for (let i = 0; i < sketch.counts.length; i++) total += sketch.counts[i]!;
  if (total === 0) return undefined;
  let at = 0;
  let below = sketch.counts[0]!;
  return ascending.map((q) => {
    const rank = q * (total - 1);
    while (below <= rank && at < sketch.keys.length - 1) below += sketch.counts[++at]!;
    return numberOf(sketch.keys[at]!);
  });
}

const writer = new ByteWriter();

export function encodeSketch(sketch: Sketch): Buffer {
  let previous = 0;
  for (let i = 0; i < sketch.keys.length; i++) {
    writer.zigzag(sketch.keys[i]! - previous);
    writer.varint(sketch.counts[i]!);
    previous = sketch.keys[i]!;
  }
  return writer.take();
}

/** Throws RangeError for bytes that are no sketch. */
export function decodeSketch(bytes: Buffer): Sketch {
  const reader = new ByteReader(bytes);
  const keys: number[] = [];
  const counts: number[] = [];
  while (!reader.atEnd) {
    const step = reader.zigzag();
    if (keys.length > 0 && step <= 0) throw new RangeError('the buckets of a sketch do not ascend');
    keys.push((keys.at(-1) ?? 0) + step);
    counts.push(reader.varint());
  }
  return { keys, counts };
}

function keyOf(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < smallest) return 0;
  const key = Math.max(1, Math.ceil(Math.log(magnitude) * perLogGamma) - firstBucket + 1);
  return value > 0 ? key : -key;
}

/** The number whose distance to both bounds of the bucket is 1 % of them. */
function numberOf(key: number): number {
  if (key === 0) return 0;
  const magnitude = (2 * gamma ** (Math.abs(key) + firstBucket - 1)) / (gamma + 1);
  return key > 0 ? magnitude : -magnitude;
}
