import { equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { Random } from '../../base/testing/random.ts';
import { openEmbeddedLog } from '../../log/embedded/open-embedded-log.ts';
import { checkAgainstOracle } from '../system/check-against-oracle.ts';
import { checkReached } from './check-rows.ts';
import { nothingMerged } from './keep-every-part.ts';
import { killRounds } from './kill-rounds.ts';
import { seedOfRun } from './seed-of-run.ts';

const kills = Number(process.env['DYNO_KILLS'] ?? 20);
const seed = seedOfRun();

test(`${kills} times kill -9 of the whole program lose nothing and double nothing (embedded, seed ${seed})`, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-kill-'));
  try {
    await killRounds({ dataDir, kills, random: new Random(seed), say: (words) => t.diagnostic(words) });
    const log = await openEmbeddedLog({ dir: join(dataDir, 'log'), clock: systemClock });
    const compared = await checkAgainstOracle(log, dataDir);
    const { truths, ledger, says, hostWindows, reached, clickHouse } = compared;
    await nothingMerged(clickHouse);
    checkReached(reached.hostWindows, truths, 10_000);
    checkReached(reached.tierWindows, truths, 10_000);
    checkReached(reached.tierSeconds, truths, 1_000);
    t.diagnostic(says);
    equal(ledger.undecodable + ledger.skewed, 0);
    ok(hostWindows > 36 * 3);
    await clickHouse.close();
    await log.close();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
