/** What the telemetry says of one host for one second: what agents measure, nothing of the truth. */
export interface HostRow {
  readonly host: string;
  /** End of the second as the host's clock has it. */
  readonly timeMs: number;
  readonly hitsPerS: number;
  /** undefined without a completed hit. */
  readonly durationMs: number | undefined;
  readonly p95Ms: number | undefined;
  readonly cpuBusyRatio: number;
  readonly errorsPerS: number;
  readonly generation: string;
  readonly build: string;
  readonly logicalCpus: number;
  readonly uptimeS: number;
}

/** All hosts of the tier that are not on the panel, as one row: sums of rates, means of the rest. */
export interface RestRow {
  readonly hosts: number;
  /** Hosts whose row of this second has come and that are healthy. */
  readonly healthyHosts: number;
  readonly staleHosts: number;
  readonly hitsPerS: number;
  readonly durationMs: number | undefined;
  readonly cpuBusyRatio: number;
  readonly errorsPerS: number;
}

/** One second of one tier. Hosts of the panel whose row did not come are not in it. */
export interface TierTelemetry {
  readonly timeMs: number;
  readonly panel: readonly HostRow[];
  readonly rest: RestRow;
}

/** What is true of one second and never told to the controller: waits over the panel's completed hits. */
export interface TierTruth {
  readonly panelHits: number;
  /** Σ over hits of the wait for a CPU, ms. */
  readonly panelWaitMs: number;
}
