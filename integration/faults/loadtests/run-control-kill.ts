import { ok } from 'node:assert/strict';
import type { CommitPoint } from '../../../pipelines/runtime/delivery.ts';
import { endFaults, freeze, kill } from './control-faults.ts';
import { ControlWorld } from './control-world.ts';
import type { ControllerProcess } from './controller-process.ts';
import { settleAndCheckControl } from './settle-and-check.ts';

/** Every place at which a controller can die or stand still. */
export const controlPoints = [
  'before_own',
  'after_own',
  'before_begin',
  'after_begin',
  'after_send',
  'after_offsets',
  'after_commit',
] as const satisfies readonly CommitPoint[];
export type ControlPoint = (typeof controlPoints)[number];

const deathsMax = 3;
/** Points of a take-over are passed when another controller was killed; those of a commit about once a second. */
const ofTakeOver: ReadonlySet<ControlPoint> = new Set(['before_own', 'after_own']);

/** A world in which controllers die, or stand still and wake, at one point while load is raised; checked at its end. */
export async function runControlKill(point: ControlPoint, seed: number): Promise<void> {
  const world = new ControlWorld(seed);
  const { clock, random, web } = world;
  let deaths = 0;
  let passagesLeft = 0;
  const at = (passed: CommitPoint, process: ControllerProcess): void => {
    if (passed !== point || deaths === deathsMax || process.log.state !== 'running') return;
    if (!ofTakeOver.has(point) && (!world.isRaised || passagesLeft-- > 0)) return;
    deaths++;
    passagesLeft = random.between(0, 12);
    if (random.chance(0.5)) kill(world, process);
    else freeze(world, process);
    // Somebody else is there at once, or only when it is too late.
    if (random.chance(0.5)) world.startController({ at });
    else clock.after(random.between(5_000, 20_000), () => world.startController({ at }));
  };
  world.setKillSwitch(false);
  world.startController({ at });
  if (random.chance(0.5)) world.startController({ at });
  world.start();
  for (let round = 0; round < 2 || (deaths === 0 && round < 8); round++) {
    await world.until(() => world.isRaised, 150);
    await clock.advance(random.between(2_000, 25_000));
    if (ofTakeOver.has(point) && web.watch.steers?.log.state === 'running') kill(world, web.watch.steers);
  }
  endFaults(world);
  await settleAndCheckControl(world, { livesOn: false });
  ok(deaths > 0, `no controller passed ${point}`);
}
