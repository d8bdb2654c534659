import type { Clock } from '../base/clock.ts';
import type { UnavailableReason } from '../schemas/counter.ts';
import { placeApplicationValues } from './application-values.ts';
import { AvailabilityTracker } from './availability.ts';
import { type HostReader, type HostReading, put } from './host-reader.ts';
import type { ApplicationValues, Availability, HostSample } from './sample.ts';
import type { SourceTree } from './source-tree.ts';

export interface SamplerOptions {
  readonly host: string;
  readonly clock: Clock;
  readonly reader: HostReader;
  readonly tree: SourceTree;
  /** Called in the second it describes the end of; must not wait for anything. */
  readonly onSample: (sample: HostSample, details: SampleDetails) => void;
  /** Default 1000. Samples lie on its multiples of wall-clock time. */
  readonly intervalMs?: number;
  readonly applicationValues?: ApplicationValues;
}

export interface SampleDetails {
  /** Why each counter without a value has none, by position in the catalogue. */
  readonly reasons: readonly (UnavailableReason | undefined)[];
  /** As published in SystemInfo; another object whenever it has changed. */
  readonly availability: Availability;
  readonly availabilityChanged: boolean;
  /** How long after its second the sample was read. */
  readonly lateMs: number;
  /** Application values that could not be taken. */
  readonly refusedValues: number;
}

export interface Sampler {
  readonly availability: Availability;
  /** Seconds without a sample since the start. They are holes in `sequence`, never filled in. */
  readonly missedSeconds: number;
  stop(): void;
}

const defaultIntervalMs = 1_000;

/**
 * Samples a host on every second. The first read only gives the later ones something to differ from:
 * it is published too, with what can be known from one look.
 */
export function startSampler(options: SamplerOptions): Sampler {
  const { clock, intervalMs = defaultIntervalMs } = options;
  const pace = new SamplingPace(clock, intervalMs);
  const availability = new AvailabilityTracker();
  let cancel = () => {};
  let samplingMs = Number.NaN;
  const arm = () => {
    cancel = clock.after(pace.untilNextMs(), wake);
  };
  const wake = () => {
    const beat = pace.beat();
    if (beat === undefined) return arm();
    const startMs = clock.monotonicMs();
    const reading = options.reader.read({ tree: options.tree, elapsedS: beat.intervalMs / 1_000 });
    const pushed = options.applicationValues?.(beat.timeMs);
    const placed = pushed === undefined ? undefined : placeApplicationValues(reading, pushed);
    putOwn(reading, { beat, samplingMs, intervalMs });
    const availabilityChanged = availability.note(reading.reasons);
    const { timeMs, sequence, lateMs } = beat;
    const sample = { host: options.host, timeMs, intervalMs: beat.intervalMs, sequence, values: reading.values };
    options.onSample(placed?.app === undefined ? sample : { ...sample, app: placed.app }, {
      reasons: reading.reasons,
      availability: availability.current,
      availabilityChanged,
      lateMs,
      refusedValues: placed?.refused ?? 0,
    });
    samplingMs = clock.monotonicMs() - startMs;
    arm();
  };
  arm();
  return {
    get availability() {
      return availability.current;
    },
    get missedSeconds() {
      return (pace.missed * intervalMs) / 1_000;
    },
    stop: () => cancel(),
  };
}

interface OwnFacts {
  readonly beat: Pick<Beat, 'intervalMs' | 'lateMs' | 'missed'>;
  /** How long the sample before took; NaN at the first. */
  readonly samplingMs: number;
  readonly intervalMs: number;
}

/** What the sampler knows of itself, in the record it concerns. */
export function putOwn(reading: HostReading, { beat, samplingMs, intervalMs }: OwnFacts): void {
  const first = beat.intervalMs === 0;
  const missedSeconds = (beat.missed * intervalMs) / 1_000;
  put(reading, 'agent_late_ms', beat.lateMs);
  put(reading, 'agent_sampling_ms', Number.isNaN(samplingMs) ? 'first_sample' : samplingMs);
  put(reading, 'agent_missed_seconds_per_s', first ? 'first_sample' : missedSeconds / (beat.intervalMs / 1_000));
}

/** One moment to sample at. */
interface Beat {
  readonly timeMs: number;
  readonly lateMs: number;
  /** Real time since the beat before; 0 at the first. */
  readonly intervalMs: number;
  readonly sequence: number;
  readonly missed: number;
}

/** Keeps step with the wall clock's seconds while measuring time by the monotonic clock. */
class SamplingPace {
  missed = 0;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #targetMs = Number.NaN;
  #lastMonotonicMs = Number.NaN;
  #lastLateMs = 0;
  #sequence = -1;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Time to sleep until the next boundary; chooses that boundary. */
  untilNextMs(): number {
    const nowMs = this.#clock.nowMs();
    this.#targetMs = (Math.floor(nowMs / this.#intervalMs) + 1) * this.#intervalMs;
    return this.#targetMs - nowMs;
  }

  /** The beat of the boundary just reached; undefined when a timer rang before it, or the wall clock was set back. */
  beat(): Beat | undefined {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#targetMs) return undefined;
    const monotonicMs = this.#clock.monotonicMs();
    const first = Number.isNaN(this.#lastMonotonicMs);
    const intervalMs = first ? 0 : monotonicMs - this.#lastMonotonicMs;
    const timeMs = Math.floor(nowMs / this.#intervalMs) * this.#intervalMs;
    const lateMs = nowMs - timeMs;
    // From boundary to boundary, counted by real time: a step of the wall clock misses nothing.
    const boundariesPassed = Math.round((intervalMs - lateMs + this.#lastLateMs) / this.#intervalMs);
    const missed = first ? 0 : Math.max(0, boundariesPassed - 1);
    this.#lastMonotonicMs = monotonicMs;
    this.#lastLateMs = lateMs;
    this.#sequence += 1 + missed;
    this.missed += missed;
    return { timeMs, lateMs, intervalMs, sequence: this.#sequence, missed };
  }
}
