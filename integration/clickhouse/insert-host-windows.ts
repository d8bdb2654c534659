import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';

let inserts = 0;

/** A host in one 10-second window; what is not said is as of a usual one. */
export interface SampleHostWindow {
  readonly host: string;
  readonly tier?: string;
  readonly generation?: string;
  readonly build?: string;
  /** Missing = it reports none. */
  readonly requestsPerS?: number;
}

/** The window of these hosts that ends at this second, as one source inserts it. */
export async function insertHostWindows(
  clickHouse: ClickHouse,
  endS: number,
  hosts: readonly SampleHostWindow[],
  src = 'x-0',
): Promise<void> {
  inserts += 1;
  const lines = hosts.map(({ host, tier = 'web', generation = 'NHM', build = 'b-1042', requestsPerS }) =>
    [endS, host, tier, 'www', generation, build, 'www', 10, requestsPerS ?? '\\N', src, 1].join('\t'),
  );
  await performInsert(clickHouse, {
    table: 'host_windows',
    token: `host-windows:${inserts}`,
    columns: [
      'time',
      'host',
      'tier',
      'service',
      'generation',
      'build',
      'pool',
      'samples',
      'requests_per_s',
      'src',
      'epoch',
    ],
    format: 'TabSeparated',
    rows: Buffer.from(`${lines.join('\n')}\n`),
    rowCount: hosts.length,
  });
}
