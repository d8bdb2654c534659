/** State of one part of the system: where it runs, and what is wrong with it when something is. */
export interface PartReport {
  /** `embedded`, `kafka`, `server`, … as the part calls itself. */
  readonly kind: string;
  readonly ok: boolean;
  readonly says?: string;
}

/** One stage of the pipeline, summed over its tasks in this process. */
export interface StageReport {
  readonly name: string;
  readonly tasks: number;
  /** End of the newest window it has closed, ms since 1970; undefined before the first. */
  readonly position?: number;
  readonly lag_records: number;
  /** Age of the oldest record not yet committed, seconds. */
  readonly lag_s: number;
  /** The ledger: in = windowed + undecodable + skewed + late + duplicate. */
  readonly in: number;
  readonly windowed: number;
  readonly undecodable: number;
  readonly skewed: number;
  readonly late: number;
  readonly duplicate: number;
  readonly missed_seconds: number;
  readonly last_commit_age_s?: number;
  readonly state: 'running' | 'paused' | 'rebuilding' | 'failed';
  readonly error?: string;
}

export interface HostsReport {
  readonly alive: number;
  readonly simulated: number;
  readonly real: number;
  /** Hosts that were heard before and are not any more, at most 100 of them. */
  readonly silent: readonly string[];
}

/** How the whole program is: filled by whoever runs it, shown by the page, by `/api/status` and by `dynoscope status`. */
export interface StatusReport {
  readonly ready: boolean;
  readonly version: string;
  readonly uptime_s: number;
  readonly parts: { readonly log: PartReport; readonly clickhouse: PartReport; readonly registry: PartReport };
  readonly hosts: HostsReport;
  readonly stages: readonly StageReport[];
  readonly records_per_s: number;
  /** Undecodable + skewed. */
  readonly rejected: number;
  /** Sentences, each with what to do; empty = healthy. */
  readonly problems: readonly string[];
}

/** What the ledger does not account for: 0 at every commit, anything else is a loss or a double count. */
export const ledgerGap = (stage: StageReport): number =>
  stage.in - stage.windowed - stage.undecodable - stage.skewed - stage.late - stage.duplicate;

/** True when nobody has to act: ready, no problem named, every part well, no stage failed or stuck, every ledger adds up. */
export const isHealthy = (report: StatusReport): boolean =>
  report.ready &&
  report.problems.length === 0 &&
  Object.values(report.parts).every((part) => part.ok) &&
  report.stages.every((stage) => stage.state !== 'failed' && stage.error === undefined && ledgerGap(stage) === 0);

/** All that is wrong, each said once: problems, then faults of stages and parts that no problem names. */
export function problemsOf({ problems, stages, parts }: StatusReport): string[] {
  const said = [...problems];
  const isNew = (says: string | undefined): says is string =>
    says !== undefined && !said.some((problem) => problem.includes(says));
  for (const { name, state, error } of stages) if (isNew(error)) said.push(`stage ${name} is ${state}: ${error}`);
  for (const [name, { ok, says }] of Object.entries(parts)) if (!ok && isNew(says)) said.push(`${name}: ${says}`);
  return said;
}
