/** What one simulated host did in one second; written anew each second. */
export interface Work {
  busyRatio: number;
  requestsPerS: number;
  errorsPerS: number;
  /** NaN without a completed request. */
  durationAvgMs: number;
  durationCpuAvgMs: number;
  queueWaitAvgMs: number;
  /** Time that requests waited for a CPU, ms per second. */
  waitingMs: number;
  /** Load relative to what the tier is built for: drives memory and storage. */
  level: number;
  /** Durations of the completed requests, ascending; empty where only means are modelled. */
  durationsMs: Float64Array;
}

/** How a host turns offered load into work; `slowness` stretches CPU time of requests (1 = as built). */
export type HostModel = (level: number, slowness: number) => Work;

export const idleWork = (): Work => ({
  busyRatio: 0,
  requestsPerS: 0,
  errorsPerS: 0,
  durationAvgMs: Number.NaN,
  durationCpuAvgMs: Number.NaN,
  queueWaitAvgMs: Number.NaN,
  waitingMs: 0,
  level: 0,
  durationsMs: new Float64Array(0),
});
