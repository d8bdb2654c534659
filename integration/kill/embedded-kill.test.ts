import { equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import { Random } from '../../base/testing/random.ts';
import { openEmbeddedLog } from '../../log/embedded/open-embedded-log.ts';
import { openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { checkLedger } from './check-ledger.ts';
import { checkCounters1s, checkHostWindows, checkReached, checkTierSeconds } from './check-rows.ts';
import { checkTierWindows } from './check-tier-rows.ts';
import { killRounds } from './kill-rounds.ts';
import { schemasIn, truthOf } from './log-contents.ts';
import { seedOfRun } from './seed-of-run.ts';

const kills = Number(process.env['DYNO_KILLS'] ?? 20);
const seed = seedOfRun();

test(`${kills} times kill -9 of the whole program lose nothing and double nothing (embedded, seed ${seed})`, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-kill-'));
  try {
    await killRounds({ dataDir, kills, random: new Random(seed), say: (words) => t.diagnostic(words) });
    const metrics = loadSettings({ cwd: dataDir, env: {} }).windows.tierSecondsMetrics;
    const log = await openEmbeddedLog({ dir: join(dataDir, 'log'), clock: systemClock });
    const clickHouse = await openClickHouse({
      url: undefined,
      user: '',
      password: '',
      dataDir: join(dataDir, 'clickhouse'),
    });
    const truths = await truthOf({ log, schemas: await schemasIn(log), metrics });
    const ledger = await checkLedger(log, 'windows-e1', truths);
    const tens = await checkHostWindows(clickHouse, truths);
    const seconds = await checkTierSeconds(clickHouse, truths, metrics);
    const raw = await checkCounters1s(clickHouse, truths, metrics);
    const tiers = await checkTierWindows(clickHouse, truths);
    checkReached(tens, truths, 10_000);
    checkReached(tiers, truths, 10_000);
    checkReached(seconds, truths, 1_000);
    t.diagnostic(
      `host_windows ${tens.rows}, tier_windows ${tiers.rows}, tier_seconds ${seconds.rows}, counters_1s ${raw.rows} rows; ledger ${JSON.stringify(ledger)}`,
    );
    equal(ledger.undecodable + ledger.skewed, 0);
    ok(tens.rows > 36 * 3);
    await clickHouse.close();
    await log.close();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
