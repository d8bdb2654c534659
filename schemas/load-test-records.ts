/**
 * Values of `instantdyno.capacity.v1`, `instantdyno.loadtests.v1` and `instantdyno.loadtest-requests.v1`; times are ms
 * since 1970.
 */

/**
 * Capacity of one host of a kind, with what it rests on: one for each ended load test that has an estimate, and one now
 * and then from natural traffic.
 */
export interface CapacityRecord {
  /** When the test ended, or the newest second of natural traffic, ms since 1970. */
  readonly timeMs: number;
  /** Tier. */
  readonly tier: string;
  /** Hardware generation. */
  readonly generation: string;
  /** Build that was tested, or that the hosts run. */
  readonly build: string;
  /** Load test that it comes from; empty = natural traffic. */
  readonly runId: string;
  /**
   * How that test ended: found, aborted, inconclusive, frozen or stopped; or natural: from traffic that nobody raised.
   * Only found ones may be relied on.
   */
  readonly outcome: string;
  /** Hits/s of one host at which the mean wait is 100 ms over the baseline. */
  readonly lambda100: number;
  /** Lower bound of its 95 % interval. */
  readonly lo: number;
  /** Upper bound of its 95 % interval. */
  readonly hi: number;
  /** Standard error of its natural logarithm. */
  readonly relativeSe: number;
  /** Degrees of freedom of that error. */
  readonly degreesOfFreedom: number;
  /**
   * cpu: saturation from the slope of busy CPU time; fewer_servers: the same, but only some of the CPUs serve at a time;
   * latency: from latencies alone.
   */
  readonly model: string;
  /** cpu or not_cpu. */
  readonly bottleneck: string;
  /** The curve was not seen up to 60 ms of contention. */
  readonly extrapolated: boolean;
  /** Mean duration of a hit that waits for nothing. */
  readonly baselineMs: number;
  /** Factor of the contention curve: variability of arrivals and service. */
  readonly kappa: number;
  /** Load at which the limiting resource is always busy. */
  readonly saturationHitsPerS: number;
  /** Load at which the CPUs would always be busy. */
  readonly cpuSaturationHitsPerS: number;
  /** Standard error of its natural logarithm; null in records of older programs. */
  readonly cpuSaturationRelativeSe: number | undefined;
  /** Squared coefficient of variation of the gaps between arrivals: 1 = at random, near 0 = in turn. */
  readonly arrivalCv2: number | undefined;
  /** Share of the CPUs that is busy without hits. */
  readonly backgroundRatio: number;
  /** Logical CPUs of a host. */
  readonly servers: number;
  /** Fitted contention at the highest load held. */
  readonly highestContentionMs: number;
  /** Highest load held. */
  readonly highestHitsPerS: number;
  /** Independent repetitions behind the interval. */
  readonly units: number;
  /** Loads that were held. */
  readonly dwells: number;
  /** Hits behind the estimate. */
  readonly hits: number;
  /** Host seconds behind the estimate. */
  readonly hostSeconds: number;
  /** Of natural ones: what the tier's swing says of the tier as a whole. */
  readonly scalability: TierScalability | undefined;
}

/** The Universal Scalability Law fitted to a tier: throughput against hits in it at the same time. */
export interface TierScalability {
  /** Hosts of the tier that it is said of. */
  readonly hosts: number;
  /** Throughput with one hit in the tier. */
  readonly lambda: number;
  /** Its standard error. */
  readonly lambdaSe: number;
  /** Share of the work that is done one after the other. */
  readonly sigma: number;
  /** Its standard error. */
  readonly sigmaSe: number;
  /** What each pair of hits costs, as a share of a hit alone. */
  readonly kappa: number;
  /** Its standard error. */
  readonly kappaSe: number;
  /** Hits in the tier from which more give less throughput; null where none is shown. */
  readonly peakConcurrency: number | undefined;
  /** Lower bound of its 95 % interval. */
  readonly peakConcurrencyLo: number | undefined;
  /** Upper bound. */
  readonly peakConcurrencyHi: number | undefined;
  /** Highest throughput; null where none is shown. */
  readonly peakThroughput: number | undefined;
  /** Lower bound of its 95 % interval. */
  readonly peakThroughputLo: number | undefined;
  /** Upper bound. */
  readonly peakThroughputHi: number | undefined;
  /** Throughput that no concurrency exceeds, by sigma alone; null where sigma is 0. */
  readonly limitThroughput: number | undefined;
  /** Most hits in the tier that were seen. */
  readonly highestConcurrency: number;
  /** Residual standard deviation of throughput, of one host second. */
  readonly residualSd: number;
  /** Degrees of freedom of the errors. */
  readonly degreesOfFreedom: number;
  /** Levels of load behind the fit. */
  readonly points: number;
  /** none: that more hits ever give less throughput is not shown; beyond: it is, above all that was measured; seen: it was measured. */
  readonly retrograde: string;
}

/** How a load test ended. */
export interface LoadTestRun {
  /** Id of the test. */
  readonly runId: string;
  /** Hardware generation under test. */
  readonly generation: string;
  /** Build under test. */
  readonly build: string;
  /** Pool that was steered. */
  readonly pool: string;
  /** Hosts on the panel. */
  readonly panelHosts: number;
  /** When it began, ms since 1970. */
  readonly startedMs: number;
  /** found, aborted, inconclusive, frozen, stopped or dry_run. */
  readonly outcome: string;
  /** Why, a sentence. */
  readonly reason: string;
  /** Complete seconds of telemetry. */
  readonly seconds: number;
  /** Changes of the load. */
  readonly steps: number;
  /** Highest mean contention of ten seconds. */
  readonly maxContentionMs: number;
  /** Seconds in which ten seconds were over 100 ms. */
  readonly secondsOver100: number;
  /** Seconds in which ten seconds were over 150 ms. */
  readonly secondsOver150: number;
  /** Estimate at the end; null without one. */
  readonly lambda100: number | undefined;
  /** Lower bound. */
  readonly lo: number | undefined;
  /** Upper bound. */
  readonly hi: number | undefined;
}

/** What the load-test controller of a tier decided in one tick and why, also that it did nothing. */
export interface LoadTestStep {
  /** Wall clock of the controller, ms since 1970. */
  readonly timeMs: number;
  /** Tier. */
  readonly tier: string;
  /** Lease under which it decided. */
  readonly epoch: number;
  /** idle, baseline, ramp, hold, found, abort, drain, cooldown or frozen. */
  readonly phase: string;
  /** nothing, start, raise, lower, hold, found, abort, drain, revert, steady, dry_run, freeze, cool_down or idle. */
  readonly action: string;
  /** Why, a sentence. */
  readonly reason: string;
  /** Guard rail that decided. */
  readonly rail: string | undefined;
  /** Test that it belongs to. */
  readonly runId: string | undefined;
  /** Mean contention of the panel over ten seconds. */
  readonly contentionMs: number | undefined;
  /** Load that a host of the panel shall have. */
  readonly targetHitsPerS: number | undefined;
  /** Load that a host of the panel has, mean of 20 s. */
  readonly hitsPerS: number | undefined;
  /** Weights of the panel as a multiple of the safe ones. */
  readonly factor: number | undefined;
  /** Estimate so far. */
  readonly lambda100: number | undefined;
  /** Lower bound. */
  readonly lo: number | undefined;
  /** Upper bound. */
  readonly hi: number | undefined;
  /** Number of the command that was given with it. */
  readonly commandSeq: number | undefined;
  /** The test that ended with this decision. */
  readonly ended: LoadTestRun | undefined;
}

/** What somebody may tell of that telemetry does not. */
export const disturbancesTold = ['failover', 'deploy', 'balancer_reload', 'other'] as const;
export type DisturbanceTold = (typeof disturbancesTold)[number];

/** What somebody asks of the load-test controller. */
export interface LoadTestRequest {
  /** When it was asked, ms since 1970. */
  readonly timeMs: number;
  /** Tier. */
  readonly tier: string;
  /** start, stop or disturbance: something that forbids tests for a while. */
  readonly action: string;
  /** Hardware generation to test; null = what is due first. */
  readonly generation: string | undefined;
  /** Of disturbance: a `DisturbanceTold`; another word counts as `other`. */
  readonly what: string | undefined;
  /** Why, in words. */
  readonly reason: string;
  /** Who asked. */
  readonly requestedBy: string;
}
