import { DynoError } from '../../base/errors.ts';

/** The one database of everything. */
export const databaseName = 'dynoscope';

/** What tells how far a source has been inserted: a time (of the window or slot), or the offset of the record. */
export interface ResumeColumn {
  readonly name: 'time' | 'slot' | 'record_offset';
  readonly is: 'time' | 'offset';
}

const byTime: ResumeColumn = { name: 'time', is: 'time' };
const bySlot: ResumeColumn = { name: 'slot', is: 'time' };
const byOffset: ResumeColumn = { name: 'record_offset', is: 'offset' };

const resumeColumns: Readonly<Record<string, ResumeColumn>> = {
  counters_1s: bySlot,
  host_windows: byTime,
  tier_seconds: byTime,
  tier_windows: byTime,
  tier_windows_1m: byTime,
  tier_windows_1h: byTime,
  correlations: byTime,
  host_placement: byOffset,
  service_info: byOffset,
  system_info: byOffset,
  rejected_records: byOffset,
  stage_stats: byOffset,
  capacity_estimates: byOffset,
  tier_scalability: byOffset,
  loadtest_runs: byOffset,
  loadtest_steps: byOffset,
  weight_commands: byOffset,
  weight_applied: byOffset,
};

/** Every table that a stream is inserted into. */
export const streamTables = Object.keys(resumeColumns);

export function resumeColumnOf(table: string): ResumeColumn {
  const column = resumeColumns[table];
  if (column !== undefined) return column;
  throw new DynoError(
    'DYNO_CLICKHOUSE_UNKNOWN_TABLE',
    `no stream is inserted into table ${table}; known: ${streamTables.join(', ')}`,
  );
}
