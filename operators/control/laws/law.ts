/** One second of a panel: means over its hosts. */
export interface LawSecond {
  readonly hitsPerS: number;
  /** Mean over hits; undefined without any. */
  readonly durationMs: number | undefined;
}

/** `running` laws may have an answer already: some never end. Capacity is in hits/s of one host. */
export interface LawOutcome {
  readonly kind: 'running' | 'found';
  readonly capacityHitsPerS: number | undefined;
}

export interface LawStep<State> {
  readonly state: State;
  /** Load of a panel's host from now on, as a multiple of what it has between tests. */
  readonly factor: number;
  readonly outcome: LawOutcome;
}

/**
 * A law that others use, to compare ours with: pure, a second in, a load out. The first `baselineS` seconds are at the
 * natural load and give the baseline.
 */
export interface Law<State> {
  readonly start: State;
  step(state: State, second: LawSecond): LawStep<State>;
}

/** Seconds at the natural load before a law begins. */
export const baselineS = 60;

/** Sums over seconds: mean load and mean duration of hits. */
export interface SecondSums {
  readonly seconds: number;
  readonly hits: number;
  /** Σ hits × mean duration, ms. */
  readonly durationMs: number;
}

export const noSeconds: SecondSums = { seconds: 0, hits: 0, durationMs: 0 };

export const plusSecond = (sums: SecondSums, { hitsPerS, durationMs }: LawSecond): SecondSums => ({
  seconds: sums.seconds + 1,
  hits: sums.hits + hitsPerS,
  durationMs: sums.durationMs + hitsPerS * (durationMs ?? 0),
});

/** undefined without hits. */
export const meanDurationMs = ({ hits, durationMs }: SecondSums): number | undefined =>
  hits === 0 ? undefined : durationMs / hits;

export const meanHitsPerS = ({ seconds, hits }: SecondSums): number => (seconds === 0 ? 0 : hits / seconds);

export const running = (capacityHitsPerS?: number): LawOutcome => ({ kind: 'running', capacityHitsPerS });
