import { DynoError } from '../../base/errors.ts';

/** The one database of everything. */
export const databaseName = 'dynoscope';

/** The column by which rows of one source are inserted in order: what the resume check asks for. */
const resumeColumns: Readonly<Record<string, string>> = {
  counters_1s: 'slot',
  host_windows: 'time',
  tier_seconds: 'time',
  tier_windows: 'time',
  tier_windows_1m: 'time',
  tier_windows_1h: 'time',
  host_placement: 'slot',
  service_info: 'slot',
  system_info: 'slot',
  rejected_records: 'slot',
  stage_stats: 'slot',
};

export function resumeColumnOf(table: string): string {
  const column = resumeColumns[table];
  if (column !== undefined) return column;
  throw new DynoError(
    'DYNO_CLICKHOUSE_UNKNOWN_TABLE',
    `no stream is written to table ${table}; known: ${Object.keys(resumeColumns).join(', ')}`,
  );
}
