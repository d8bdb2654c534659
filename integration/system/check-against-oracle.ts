import { join } from 'node:path';
import { loadSettings } from '../../base/settings/load-settings.ts';
import type { Log } from '../../log/port.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { checkLedger } from '../kill/check-ledger.ts';
import { checkMinutes } from '../kill/check-minutes.ts';
import { type Checked, checkCounters1s, checkHostWindows, checkTierSeconds } from '../kill/check-rows.ts';
import { checkTierWindows } from '../kill/check-tier-rows.ts';
import { type PartitionTruth, schemasIn, truthOf } from '../kill/log-contents.ts';

export interface Compared {
  readonly truths: readonly PartitionTruth[];
  readonly clickHouse: ClickHouse;
  readonly ledger: Awaited<ReturnType<typeof checkLedger>>;
  /** Rows of each table that were compared, in words. */
  readonly says: string;
  readonly hostWindows: number;
  /** How far each table of windows reached. */
  readonly reached: Readonly<Record<'hostWindows' | 'tierWindows' | 'tierSeconds', Checked>>;
}

/** After the program has ended: what lies in ClickHouse and in the ledger is what plain loops make of the input topic. */
export async function checkAgainstOracle(log: Log, dataDir: string): Promise<Compared> {
  const metrics = loadSettings({ cwd: dataDir, env: {} }).windows.tierSecondsMetrics;
  const clickHouse = await openClickHouse({
    url: undefined,
    user: '',
    password: '',
    dataDir: join(dataDir, 'clickhouse'),
  });
  try {
    const truths = await truthOf({ log, schemas: await schemasIn(log), metrics });
    const ledger = await checkLedger(log, 'windows-e1', truths);
    const tens = await checkHostWindows(clickHouse, truths);
    const seconds = await checkTierSeconds(clickHouse, truths, metrics);
    const raw = await checkCounters1s(clickHouse, truths, metrics);
    const tiers = await checkTierWindows(clickHouse, truths);
    const minutes = await checkMinutes(clickHouse);
    const says = `host_windows ${tens.rows}, tier_windows ${tiers.rows}, tier_windows_1m ${minutes}, tier_seconds ${seconds.rows}, counters_1s ${raw.rows} rows; ledger ${JSON.stringify(ledger)}`;
    const reached = { hostWindows: tens, tierWindows: tiers, tierSeconds: seconds };
    return { truths, clickHouse, ledger, says, hostWindows: tens.rows, reached };
  } catch (error) {
    await clickHouse.close();
    throw error;
  }
}
