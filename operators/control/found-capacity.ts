/** What a test found of a generation and build of the tier. */
export interface FoundCapacity {
  readonly generation: string;
  readonly build: string;
  /** Lower bound of the 95 % interval of λ100, hits/s. */
  readonly lowHitsPerS: number;
  /** When the test ended, wall time. */
  readonly endedMs: number;
}

/** Builds come and go: of so many the newest are kept. */
const keptMax = 200;

/** The newest of each generation and build, newest first. */
export const withFound = (known: readonly FoundCapacity[], found: FoundCapacity): readonly FoundCapacity[] =>
  [found, ...known.filter((each) => !(each.generation === found.generation && each.build === found.build))].slice(
    0,
    keptMax,
  );

/** What is known of a generation and build and not older than this; undefined = nothing. */
export const freshCapacity = (
  known: readonly FoundCapacity[],
  host: { readonly generation: string; readonly build: string },
  { nowMs, ageMsMax }: { readonly nowMs: number; readonly ageMsMax: number },
): FoundCapacity | undefined =>
  known.find(
    ({ generation, build, endedMs, lowHitsPerS }) =>
      generation === host.generation && build === host.build && nowMs - endedMs <= ageMsMax && lowHitsPerS > 0,
  );
