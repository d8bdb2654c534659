import type { Random } from '../../../base/testing/random.ts';
import { type ContentionCurve, contentionMsAt } from '../contention-curve.ts';
import { type Dwell, type LoadPoint, noLoad } from '../dwell.ts';

/** A kind of host whose contention is exactly the curve's. */
export interface KnownHost {
  readonly curve: ContentionCurve;
  readonly baselineMs: number;
  readonly backgroundRatio: number;
}

const busyAt = ({ curve, backgroundRatio }: KnownHost, hitsPerS: number): number =>
  backgroundRatio + ((1 - backgroundRatio) * hitsPerS) / curve.saturationHitsPerS;

/** What the host says at a load that is held for so many host-seconds, without noise. */
export const pointAt = (host: KnownHost, hitsPerS: number, hostSeconds = 480): LoadPoint => ({
  hitsPerS,
  durationMs: host.baselineMs + contentionMsAt(host.curve, hitsPerS),
  busyRatio: busyAt(host, hitsPerS),
  hits: hitsPerS * hostSeconds,
  hostSeconds,
});

export interface DwellsGiven {
  readonly host: KnownHost;
  readonly loads: readonly number[];
  readonly units: number;
  readonly seconds: number;
  /** Relative standard deviation of a unit's hits and busy CPU time; durations vary by so many ms. */
  readonly noise?: {
    readonly random: Random;
    readonly hits: number;
    readonly busy: number;
    readonly durationMs: number;
  };
}

/** A dwell of each load, with noise that is independent between units and dwells. */
export function dwellsOf({ host, loads, units, seconds, noise }: DwellsGiven): Dwell[] {
  return loads.map((load) => ({
    units: Array.from({ length: units }, () => {
      const hitsPerS = load * (1 + (noise?.hits ?? 0) * normal(noise?.random));
      const durationMs =
        host.baselineMs + contentionMsAt(host.curve, load) + (noise?.durationMs ?? 0) * normal(noise?.random);
      const busyRatio = busyAt(host, hitsPerS) * (1 + (noise?.busy ?? 0) * normal(noise?.random));
      const hits = hitsPerS * seconds;
      return { ...noLoad, seconds, hits, durationMs: hits * durationMs, busyRatio: busyRatio * seconds };
    }),
  }));
}

/** About normal, by Irwin and Hall: twelve uniform numbers less 6 have mean 0 and standard deviation 1. */
export function normal(random: Random | undefined): number {
  if (random === undefined) return 0;
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.next();
  return sum;
}
