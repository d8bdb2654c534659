/** A host of a tier or of its pools, as the scheduler has to know it. */
export interface ScheduledHost {
  readonly host: string;
  readonly tier: string;
  readonly pool: string;
  /** Its name in the pool. */
  readonly server: string;
  readonly generation: string;
  readonly build: string;
  /** Since when it has run this build, wall time, ms since 1970. */
  readonly buildSinceMs: number;
  /** undefined = not known, so it is not tested. */
  readonly uptimeS: number | undefined;
  /** Its telemetry is as new as control needs it. */
  readonly fresh: boolean;
  readonly healthy: boolean;
  /** End of the last test on whose panel it was; undefined = none is known. */
  readonly testedMs: number | undefined;
}

/** How the last test of a generation and build of a tier ended. Only `found` counts as a result. */
export interface LastResult {
  readonly tier: string;
  readonly generation: string;
  readonly build: string;
  readonly endedMs: number;
  readonly outcome: 'found' | 'aborted' | 'inconclusive' | 'frozen' | 'stopped' | 'dry_run';
}

/** What is to be tested: field by field what the controller takes as a request. */
export interface PlannedTest {
  readonly runId: string;
  readonly tier: string;
  readonly pool: string;
  readonly generation: string;
  readonly build: string;
  /** Hosts, in the order of `safeWeights`. */
  readonly panel: readonly string[];
  /** Weights of the panel's servers between tests. */
  readonly safeWeights: readonly { readonly server: string; readonly weight: number }[];
  readonly tierHosts: number;
  /** Hosts of the tier that have this generation and build. */
  readonly generationHosts: number;
  readonly slo: { readonly p95Ms: number; readonly errorRatio: number };
  readonly weightMax: number;
  readonly largestShare: number;
  readonly bakeS: number;
  /** Tiers whose tests would disturb this one. */
  readonly neighbours: readonly string[];
  /** Only rehearsed: no load moves. */
  readonly dryRun: boolean;
}
