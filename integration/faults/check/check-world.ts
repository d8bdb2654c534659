import type { SimulatedWorld } from '../simulation/simulated-world.ts';
import { checkCorrelations } from './check-correlations.ts';
import { checkCounters1s, checkLedger, checkRejected } from './check-records.ts';
import { checkTiers } from './check-tiers.ts';
import { checkHostWindows, checkTierSeconds, type RowsOf } from './check-windows.ts';
import { truthOf } from './world-truth.ts';

export interface Checked {
  readonly hostWindows: number;
}

/**
 * What a world has come to, against what plain loops make of its input topic: one row for every (host, window), equal
 * bit for bit; tiers recomputed; correlations those of a run that nothing disturbed; dead letters as expected; the ledger adds up. Throws at the first difference.
 */
export async function checkWorld(
  world: SimulatedWorld,
  rowsOf: RowsOf = ofEpoch(world, world.epoch),
): Promise<Checked> {
  const truths = truthOf(world);
  checkLedger(world, truths);
  const hostWindows = checkHostWindows(world, rowsOf, truths);
  checkTierSeconds(world, rowsOf, truths);
  checkTiers(world, rowsOf, truths);
  checkRejected(world, rowsOf, truths);
  checkCounters1s(rowsOf, truths);
  await checkCorrelations(world, rowsOf, truths);
  return { hostWindows };
}

/** The rows of one epoch in a world's ClickHouse. */
export const ofEpoch =
  ({ clickHouse }: SimulatedWorld, epoch: number): RowsOf =>
  (table) =>
    clickHouse.rows(table).filter((row) => row.get('epoch') === String(epoch));
