import { mergeSketches, quantilesOf, type Sketch, sketchOf } from './sketch.ts';

/** What is known of one counter over the hosts of a cell: mergeable in any order, the same bits in the same order. */
export interface Figures {
  /** Hosts with a value; of merged windows the most of any of them. */
  readonly hosts: number;
  /** One-second samples behind the values. */
  readonly samples: number;
  /** Values: one per host and base window. Never 0. */
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly sketch: Sketch;
}

/** Percentiles that people look at, as q. */
export const percentiles = [0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

/** Figures of `values[0 … count)`, one per host; undefined without any. */
export function figuresOf(values: Float64Array, count: number, samples: number): Figures | undefined {
  if (count === 0) return undefined;
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { hosts: count, samples, count, sum, min, max, sketch: sketchOf(values, count) };
}

/** Figures of two windows of the same hosts. */
export function mergeFigures(a: Figures | undefined, b: Figures): Figures {
  if (a === undefined) return b;
  return {
    hosts: Math.max(a.hosts, b.hosts),
    samples: a.samples + b.samples,
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    sketch: mergeSketches(a.sketch, b.sketch),
  };
}

/** In the order of `tierFigures` of the blocks: mean, min, max, percentiles. */
export function figureColumns({ count, sum, min, max, sketch }: Figures): readonly number[] {
  const quantiles = quantilesOf(sketch, percentiles) ?? [];
  // A sketch answers within 1 %; what was seen bounds it.
  return [sum / count, min, max, ...quantiles.map((value) => Math.min(max, Math.max(min, value)))];
}
