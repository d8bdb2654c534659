import { ok } from 'node:assert/strict';
import { type Checked, checkWorld } from '../check/check-world.ts';
import { truthOf } from '../check/world-truth.ts';
import { onTheirWayMsMax } from './simulated-fleet.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** From the last record on: the catching-up hold, a window with its lateness, fenced members, retries. */
const settleMs = 60_000;

/** The fleet ends, everything that is on its way arrives, every window closes; then the world is checked. */
export async function settleAndCheck(world: SimulatedWorld): Promise<Checked> {
  const { clock, fleet } = world;
  await clock.advance(5_000);
  fleet.stop();
  await clock.advance(onTheirWayMsMax + 5_000);
  fleet.sayLast();
  const lastMs = clock.nowMs();
  await clock.advance(settleMs);
  for (const { partition, expected } of truthOf(world))
    ok(expected.closedThroughMs[10_000] >= lastMs, `the windows of partition ${partition} are closed`);
  return checkWorld(world);
}
