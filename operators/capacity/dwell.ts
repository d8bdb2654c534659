/** Sums of seconds of one load on one unit (a host, or every n-th ten seconds of one). Mergeable by addition. */
export interface LoadSums {
  readonly seconds: number;
  readonly hits: number;
  /** Σ hits × mean duration, ms. */
  readonly durationMs: number;
  /** Σ share of CPU time that was busy. */
  readonly busyRatio: number;
  readonly counts: HitCounts;
}

/** Hits of whole blocks of `blockS` seconds: how evenly they come. Small numbers, so their squares lose nothing. */
export interface HitCounts {
  readonly blocks: number;
  readonly hits: number;
  readonly hitsSquared: number;
}

/** Long against service times, short against changes of traffic. */
export const blockS = 5;

/** A time of equal load. Units are independent repetitions, the same ones in the same order in every dwell. */
export interface Dwell {
  readonly units: readonly LoadSums[];
}

/** One second of one host, as far as capacity is concerned. */
export interface LoadSecond {
  readonly hitsPerS: number;
  /** undefined without hits. */
  readonly durationMs: number | undefined;
  readonly busyRatio: number;
}

const noCounts: HitCounts = { blocks: 0, hits: 0, hitsSquared: 0 };
export const noLoad: LoadSums = { seconds: 0, hits: 0, durationMs: 0, busyRatio: 0, counts: noCounts };

export const withSecond = (sums: LoadSums, second: LoadSecond): LoadSums => ({
  seconds: sums.seconds + 1,
  hits: sums.hits + second.hitsPerS,
  durationMs: sums.durationMs + second.hitsPerS * (second.durationMs ?? 0),
  busyRatio: sums.busyRatio + second.busyRatio,
  counts: sums.counts,
});

export const withBlock = (sums: LoadSums, hits: number): LoadSums => ({
  ...sums,
  counts: mergeCounts(sums.counts, { blocks: 1, hits, hitsSquared: hits ** 2 }),
});

const mergeCounts = (a: HitCounts, b: HitCounts): HitCounts => ({
  blocks: a.blocks + b.blocks,
  hits: a.hits + b.hits,
  hitsSquared: a.hitsSquared + b.hitsSquared,
});

export const mergeSums = (a: LoadSums, b: LoadSums): LoadSums => ({
  seconds: a.seconds + b.seconds,
  hits: a.hits + b.hits,
  durationMs: a.durationMs + b.durationMs,
  busyRatio: a.busyRatio + b.busyRatio,
  counts: mergeCounts(a.counts, b.counts),
});

/** What a dwell says of an average host: one point of the contention curve. */
export interface LoadPoint {
  readonly hitsPerS: number;
  /** Mean over hits, not over seconds. */
  readonly durationMs: number;
  readonly busyRatio: number;
  readonly hits: number;
  readonly hostSeconds: number;
}

/** The point of a dwell, without one unit where `leftOut` names it; undefined where nothing was hit. */
export function pointOf(dwell: Dwell, leftOut?: number): LoadPoint | undefined {
  let sums = noLoad;
  for (const [unit, unitSums] of dwell.units.entries()) if (unit !== leftOut) sums = mergeSums(sums, unitSums);
  if (sums.seconds === 0 || sums.hits === 0) return undefined;
  return {
    hitsPerS: sums.hits / sums.seconds,
    durationMs: sums.durationMs / sums.hits,
    busyRatio: sums.busyRatio / sums.seconds,
    hits: sums.hits,
    hostSeconds: sums.seconds,
  };
}

export const pointsOf = (dwells: readonly Dwell[], leftOut?: number): LoadPoint[] =>
  dwells.flatMap((dwell) => pointOf(dwell, leftOut) ?? []);
