import { median } from '../../bench/quantile.ts';

/** What a process held at one moment, in bytes. */
export interface MemorySample {
  readonly atMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly heapTotal: number;
  readonly external: number;
  readonly arrayBuffers: number;
}

export interface MemoryCurve {
  readonly samples: number;
  readonly minutes: number;
  /** Medians of the first and of the last third, MB. */
  readonly firstThirdMb: number;
  readonly lastThirdMb: number;
  readonly mostMb: number;
  /** Of the line of least squares; `riseMb` is what it rises from the first sample to the last. */
  readonly mbPerHour: number;
  readonly riseMb: number;
  readonly flat: boolean;
}

/**
 * Flat: the last third holds at most 5 % and 20 MB more than the first, and the line through all samples rises by no more
 * than 20 MB. A leak of 40 bytes a record of 500 hosts would not pass.
 */
export const flatBounds = { ratioMax: 1.05, riseMbMax: 20 } as const;

const bytesPerMb = 1_048_576;

/** The curve of one figure, from `fromMs` (the end of the warm-up) on. */
export function memoryCurve(
  samples: readonly MemorySample[],
  figure: Exclude<keyof MemorySample, 'atMs'>,
  fromMs: number,
): MemoryCurve {
  const kept = samples.filter(({ atMs }) => atMs >= fromMs);
  const third = Math.floor(kept.length / 3);
  if (third === 0) throw new Error(`${kept.length} samples of memory after the warm-up: too few for a curve`);
  const mb = kept.map((sample) => sample[figure] / bytesPerMb);
  const hours = kept.map(({ atMs }) => (atMs - kept[0]!.atMs) / 3_600_000);
  const firstThirdMb = median(mb.slice(0, third));
  const lastThirdMb = median(mb.slice(-third));
  const mbPerHour = slopeOf(hours, mb);
  const riseMb = mbPerHour * hours.at(-1)!;
  const { ratioMax, riseMbMax } = flatBounds;
  const flat = lastThirdMb <= firstThirdMb * ratioMax && lastThirdMb - firstThirdMb <= riseMbMax && riseMb <= riseMbMax;
  return {
    samples: kept.length,
    minutes: rounded(hours.at(-1)! * 60),
    firstThirdMb: rounded(firstThirdMb),
    lastThirdMb: rounded(lastThirdMb),
    mostMb: rounded(Math.max(...mb)),
    mbPerHour: rounded(mbPerHour),
    riseMb: rounded(riseMb),
    flat,
  };
}

/** Of each minute the sample with the least in use: what is left when garbage has been collected. */
export function leastOfMinutes(samples: readonly MemorySample[]): MemorySample[] {
  const least = new Map<number, MemorySample>();
  for (const sample of samples) {
    const minute = Math.floor(sample.atMs / 60_000);
    const known = least.get(minute);
    if (known === undefined || sample.heapUsed < known.heapUsed) least.set(minute, sample);
  }
  return [...least.values()];
}

/** The same sample with only that as resident which is neither heap nor buffers. */
export const outsideHeap = (sample: MemorySample): MemorySample => ({
  ...sample,
  rss: sample.rss - sample.heapTotal - sample.external,
});

/** Medians of each minute, MB: what a person looks at when a curve is not flat. */
export function byMinute(samples: readonly MemorySample[]): readonly Readonly<Record<string, number>>[] {
  const minutes = new Map<number, MemorySample[]>();
  for (const sample of samples) {
    const minute = Math.floor((sample.atMs - samples[0]!.atMs) / 60_000);
    minutes.set(minute, [...(minutes.get(minute) ?? []), sample]);
  }
  const mb = (some: readonly MemorySample[], figure: keyof MemorySample): number =>
    Math.round(median(some.map((sample) => sample[figure] / bytesPerMb)));
  return [...minutes].map(([minute, some]) => ({
    minute,
    rss: mb(some, 'rss'),
    heap: mb(some, 'heapTotal'),
    external: mb(some, 'external'),
  }));
}

function slopeOf(x: readonly number[], y: readonly number[]): number {
  const meanX = x.reduce((sum, value) => sum + value, 0) / x.length;
  const meanY = y.reduce((sum, value) => sum + value, 0) / y.length;
  let together = 0;
  let alone = 0;
  for (const [i, value] of x.entries()) {
    together += (value - meanX) * (y[i]! - meanY);
    alone += (value - meanX) ** 2;
  }
  return alone === 0 ? 0 : together / alone;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
