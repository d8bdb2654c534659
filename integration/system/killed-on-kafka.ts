import { equal, ok } from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { nothingMerged } from '../kill/keep-every-part.ts';
import { killRounds } from '../kill/kill-rounds.ts';
import { checkAgainstOracle } from './check-against-oracle.ts';
import { openLogOf, placeOnKafka } from './on-kafka.ts';

/** The test over the embedded log (`integration/kill`), on a broker. */
export async function killedOnKafka(
  t: TestContext,
  { kills, seed }: { readonly kills: number; readonly seed: number },
): Promise<void> {
  const place = await placeOnKafka(t);
  const { dataDir, args, env } = place;
  // `--data` is given by the rounds themselves.
  const more = args.slice(2);
  const early = await killRounds({ dataDir, kills, random: new Random(seed), args: more, env, say: () => {} });
  const log = await openLogOf(t, place);
  const { ledger, says, hostWindows, clickHouse } = await checkAgainstOracle(log, dataDir);
  await nothingMerged(clickHouse);
  await clickHouse.close();
  t.diagnostic(`${early} of ${kills} kills came while starting; ${says}`);
  equal(ledger.undecodable + ledger.skewed, 0);
  ok(hostWindows > 36 * 3, `${hostWindows} rows of host_windows`);
}
