import type { FiveNumbers, TierSeries } from '../api-types.ts';

/** One second of one tier. NaN = no value. */
export interface TierPoint {
  readonly timeMs: number;
  readonly hosts: number;
  readonly cpu: FiveNumbers | undefined;
  /** Hosts with a CPU value. */
  readonly cpuHosts: number;
  readonly hitsPerS: number;
  readonly latencyMs: number;
}

const historySeconds = 300;
const sparkStepSeconds = 5;

/** The last 5 minutes of one tier: a ring by second, so that a second in which nothing came stays a gap. */
export class TierHistory {
  readonly #points: (TierPoint | undefined)[] = new Array(historySeconds).fill(undefined);
  #newestMs = 0;

  /** A second older than what is kept is passed over. */
  put(point: TierPoint): void {
    if (point.timeMs <= this.#newestMs - historySeconds * 1_000) return;
    this.#points[slotOf(point.timeMs)] = point;
    this.#newestMs = Math.max(this.#newestMs, point.timeMs);
  }

  /** The second that ends at `timeMs`, unless its slot holds another one. */
  at(timeMs: number): TierPoint | undefined {
    const point = this.#points[slotOf(timeMs)];
    return point?.timeMs === timeMs ? point : undefined;
  }

  /** Means of p50 over steps of 5 s aligned to the clock, oldest first, ending with the step of `untilMs`. */
  spark(untilMs: number): (number | null)[] {
    const stepMs = sparkStepSeconds * 1_000;
    const lastStepMs = Math.ceil(untilMs / stepMs) * stepMs;
    const steps = historySeconds / sparkStepSeconds;
    return Array.from({ length: steps }, (_, index) => this.#meanOfStep(lastStepMs - (steps - 1 - index) * stepMs));
  }

  #meanOfStep(stepEndMs: number): number | null {
    let sum = 0;
    let count = 0;
    for (let back = 0; back < sparkStepSeconds; back++) {
      const p50 = this.at(stepEndMs - back * 1_000)?.cpu?.p50;
      if (p50 === undefined) continue;
      sum += p50;
      count++;
    }
    return count === 0 ? null : rounded(sum / count);
  }

  /** From the oldest kept second to the newest, each second once. */
  series(): Omit<TierSeries, 'tier' | 'service'> {
    const kept = this.#points.filter(
      (point) => point !== undefined && point.timeMs > this.#newestMs - historySeconds * 1_000,
    );
    const oldestMs = kept.reduce((least, point) => Math.min(least, point?.timeMs ?? least), this.#newestMs);
    const times: number[] = [];
    if (kept.length > 0) for (let at = oldestMs; at <= this.#newestMs; at += 1_000) times.push(at);
    const column = (read: (point: TierPoint) => number | undefined) =>
      times.map((timeMs) => {
        const point = this.at(timeMs);
        return point === undefined ? null : orNull(read(point));
      });
    return {
      time_ms: times,
      hosts: column((point) => point.hosts),
      cpu_p5: column((point) => point.cpu?.p5),
      cpu_p25: column((point) => point.cpu?.p25),
      cpu_p50: column((point) => point.cpu?.p50),
      cpu_p75: column((point) => point.cpu?.p75),
      cpu_p95: column((point) => point.cpu?.p95),
      hits_per_s: column((point) => point.hitsPerS),
      latency_ms: column((point) => point.latencyMs),
    };
  }
}

const slotOf = (timeMs: number): number => Math.floor(timeMs / 1_000) % historySeconds;
const rounded = (value: number): number => Math.round(value * 1e5) / 1e5;
/** JSON knows no NaN: absent is null. */
export const orNull = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : value;
