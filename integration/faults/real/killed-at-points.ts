import { equal, ok } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { Random } from '../../../base/testing/random.ts';
import { openEmbeddedLog } from '../../../log/embedded/open-embedded-log.ts';
import type { Log } from '../../../log/port.ts';
import { checkAgainstOracle } from '../../system/check-against-oracle.ts';
import { openLogOf, placeOnKafka } from '../../system/on-kafka.ts';
import { freshFolder } from '../../system/running.ts';
import { extent } from './extent.ts';
import { type Death, killAtPoints } from './kill-at-points.ts';

/** The short form: points that every process passes, whatever happened before. */
const fewOnEmbedded: readonly Death[] = [
  { stage: 'windows', point: 'after_send' },
  { stage: 'clickhouse', point: 'after_insert' },
  { stage: 'windows', point: 'rebuilding' },
];
const fewOnKafka: readonly Death[] = [
  { stage: 'windows', point: 'after_offsets' },
  { stage: 'clickhouse', point: 'after_insert' },
  { stage: 'tiers', point: 'after_own' },
];

export async function killedOnEmbedded(t: TestContext, seed: number): Promise<void> {
  const dataDir = freshFolder(t);
  const config = join(dataDir, 'few-partitions.yaml');
  writeFileSync(config, 'log:\n  partitions: 4\n');
  const options = { dataDir, config, env: {}, random: new Random(seed) };
  const died = await killAtPoints({ ...options, ...(!extent.everyPoint && { deaths: fewOnEmbedded }) });
  const log = await openEmbeddedLog({ dir: join(dataDir, 'log'), clock: systemClock });
  try {
    await check(t, died, log, dataDir);
  } finally {
    await log.close();
  }
}

export async function killedOnKafka(t: TestContext, seed: number): Promise<void> {
  const place = await placeOnKafka(t);
  const { dataDir, config, env } = place;
  const options = { dataDir, config, env, random: new Random(seed) };
  const died = await killAtPoints({ ...options, ...(!extent.everyPoint && { deaths: fewOnKafka }) });
  await check(t, died, await openLogOf(t, place), dataDir);
}

async function check(t: TestContext, died: readonly string[], log: Log, dataDir: string): Promise<void> {
  const { says, ledger, hostWindows, clickHouse } = await checkAgainstOracle(log, dataDir);
  await clickHouse.close();
  t.diagnostic(`died at ${died.join(', ')}; ${says}`);
  equal(ledger.undecodable + ledger.skewed, 0);
  ok(hostWindows >= 24 * 2, `${hostWindows} rows of host_windows`);
  // Of all points, some are met by chance only: not every start of every stage brings a rebuild.
  ok(died.length >= (extent.everyPoint ? 7 : 3), `only ${died.length} deaths: ${died.join(', ')}`);
}
