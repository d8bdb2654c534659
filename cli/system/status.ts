import type { Publisher } from '../../agent/publisher/publisher.ts';
import type { Clock } from '../../base/clock.ts';
import type { Settings } from '../../base/settings/settings.ts';
import type { LiveFleet } from '../../overwatch/live-fleet.ts';
import type { StageReport, StatusReport } from '../../overwatch/status-report.ts';
import type { StageRun } from '../../pipelines/runtime/run-stage.ts';
import type { StageSummary } from '../../pipelines/runtime/stage-summary.ts';
import { stageSummary } from '../../pipelines/runtime/stage-summary.ts';
import { hostsReport } from './hosts-report.ts';

export interface StatusSources {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly version: string;
  readonly startedAtMs: number;
  readonly runs: readonly StageRun[];
  readonly live: LiveFleet;
  readonly publishers: () => ReadonlyMap<string, ReturnType<Publisher['stats']>>;
  readonly registryProblem: () => string | undefined;
  /** Sentences that other parts have to say: topics that differ, a live view that cannot be fed. */
  readonly problems: () => readonly string[];
}

/** A stage that waits or lags longer than this is a problem, not a hiccup. */
const lagMsMax = 30_000;

/** Answers how the whole program is; keeps what it needs to tell a rate. */
export function statusOf(sources: StatusSources): () => StatusReport {
  const rate = new Rate(sources.clock);
  return () => {
    const { clock, settings, runs, live } = sources;
    const summaries = runs.map((run) => stageSummary(run, clock));
    const windows = summaries.find(({ stage }) => stage === 'windows');
    const problems = [
      ...sources.problems(),
      ...summaries.flatMap(problemsOf),
      ...publisherProblems(sources.publishers()),
    ];
    const waits = (stage: string): string | undefined =>
      summaries.find((summary) => summary.stage === stage && summary.state === 'paused')?.problem;
    return {
      ready: true,
      version: sources.version,
      uptime_s: Math.round((clock.monotonicMs() - sources.startedAtMs) / 1_000),
      parts: {
        log: part(settings.log.kafkaBrokers.length === 0 ? 'embedded' : 'kafka', waits('windows')),
        clickhouse: part(settings.clickhouse.url === undefined ? 'embedded' : 'server', waits('clickhouse')),
        registry: part(settings.registry.url === undefined ? 'embedded' : 'server', sources.registryProblem()),
      },
      hosts: hostsReport(live, clock),
      stages: summaries.map(stageReport),
      records_per_s: rate.of(windows?.stats['in'] ?? 0),
      rejected: (windows?.stats['undecodable'] ?? 0) + (windows?.stats['skewed'] ?? 0),
      problems,
    };
  };
}

const part = (kind: string, problem: string | undefined) =>
  problem === undefined ? { kind, ok: true } : { kind, ok: false, says: problem };

function stageReport({ stage, tasks, stats, ...summary }: StageSummary): StageReport {
  // Only a stage that counts what came in keeps the ledger; what `raw` leaves out, `windows` has in its own.
  const keepsLedger = stats['in'] !== undefined;
  const count = (name: string): number => (keepsLedger ? (stats[name] ?? 0) : 0);
  const position = stats['watermark_ms'];
  return {
    name: stage,
    tasks,
    ...(position !== undefined && Number.isFinite(position) && { position }),
    lag_records: summary.lagRecords,
    lag_s: Math.round(summary.lagMs / 100) / 10,
    in: count('in'),
    windowed: count('windowed'),
    undecodable: count('undecodable'),
    skewed: count('skewed'),
    late: count('late'),
    duplicate: count('duplicate'),
    missed_seconds: count('missed_seconds'),
    ...(summary.lastCommitAgeMs !== undefined && { last_commit_age_s: Math.round(summary.lastCommitAgeMs / 100) / 10 }),
    state: summary.state,
    ...(summary.problem !== undefined && { error: summary.problem }),
  };
}

/** Counts of stages that are 0 as long as nothing is wrong, and what each says when it is not. */
const zeroInHealth: Readonly<Record<string, string>> = {
  late_blocks: 'blocks came after their window was complete',
  incomplete_windows: 'windows were given out although a source had not closed them',
  holds_cut: 'an outage was too long to wait for all spooled records',
  foreign_blocks: 'blocks of another catalogue version were left out',
  state_discarded: 'kept state could not be used',
};

function problemsOf(summary: StageSummary): readonly string[] {
  const problems: string[] = [];
  if (
    summary.state === 'failed' ||
    (summary.state === 'paused' &&
      (summary.lagMs > lagMsMax || summary.problem?.startsWith('the log has not answered')))
  )
    problems.push(`stage ${summary.stage} is ${summary.state}: ${summary.problem ?? 'no reason known'}`);
  if (summary.lagMs > lagMsMax && summary.state === 'running')
    problems.push(
      `stage ${summary.stage} lags ${Math.round(summary.lagMs / 1_000)} s: it gets less done than comes in; run more workers`,
    );
  if (summary.nearLoss !== undefined)
    problems.push(`stage ${summary.stage}: ${summary.nearLoss}; it must catch up, or records are lost`);
  for (const [name, says] of Object.entries(zeroInHealth)) {
    const count = summary.stats[name] ?? 0;
    if (count > 0) problems.push(`stage ${summary.stage}: ${says} (${name} = ${count})`);
  }
  if (summary.lostRecords > 0)
    problems.push(
      `stage ${summary.stage} lost ${summary.lostRecords} records that the log no longer kept; raise the topic's retention`,
    );
  return problems;
}

function publisherProblems(publishers: ReadonlyMap<string, ReturnType<Publisher['stats']>>): readonly string[] {
  const problems: string[] = [];
  for (const [name, stats] of publishers) {
    const dropped = Object.entries(stats.dropped).filter(([, count]) => count > 0);
    if (stats.mode === 'spooling')
      problems.push(`publisher ${name} spools ${stats.spooledRecords} records to disk: the log does not take them`);
    for (const [reason, count] of dropped) problems.push(`publisher ${name} dropped ${count} records (${reason})`);
  }
  return problems;
}

/** Change per second over the last 5 s or so; a task that starts again from its last commit takes counts back. */
class Rate {
  readonly #clock: Clock;
  #points: { readonly atMs: number; readonly count: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(count: number): number {
    const atMs = this.#clock.monotonicMs();
    this.#points = [...this.#points.filter((point) => atMs - point.atMs < 5_000), { atMs, count }].slice(-100);
    const first = this.#points[0]!;
    return atMs - first.atMs < 500
      ? 0
      : Math.max(0, Math.round(((count - first.count) * 10_000) / (atMs - first.atMs)) / 10);
  }
}
