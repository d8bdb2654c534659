import { endFaults, oneFault } from './control-faults.ts';
import type { ControlWorld } from './control-world.ts';
import { type ControlChecked, settleAndCheckControl } from './settle-and-check.ts';
import { oneAct } from './user-acts.ts';
import { kindOfSeed, worldOfSeed } from './world-of-seed.ts';

const roundsMax = 10;
/** One world of so many goes on until a capacity is found again. */
const livesOnEvery = 4;
/** Two tests, so that weights between tests have begun to move. */
const steadyWithinS = 3_000;

/** One world of chance from its seed: faults in baselines and ramps, people at work; then it must be safe, and steer again. */
export async function runControlSeed(seed: number): Promise<ControlChecked> {
  const world = worldOfSeed(seed);
  const kind = kindOfSeed(seed);
  const { random, clock } = world;
  if (random.chance(0.9)) world.setKillSwitch(false);
  world.startController();
  if (kind === 'neighbours' || random.chance(0.4)) world.startController();
  world.start();
  if (kind === 'steady' && random.chance(0.5)) await untilSteps(world);
  // Of every kind.
  const livesOn = (seed + Math.floor(seed / 6)) % livesOnEvery === 0;
  const rounds = livesOn ? random.between(1, 3) : random.between(3, roundsMax);
  for (let round = 0; round < rounds; round++) {
    // Faults are worth most while load is raised.
    if (random.chance(0.6)) await world.until(() => world.isRaised, 150);
    await clock.advance(random.between(10, 12_000));
    if (kind !== 'queued' && random.chance(0.6)) oneAct(world);
    else oneFault(world);
    if (random.chance(0.3)) oneFault(world);
    await clock.advance(random.between(10, kind === 'steady' ? 90_000 : 6_000));
  }
  endFaults(world);
  return settleAndCheckControl(world, { livesOn });
}

/** Weights between tests have begun to move. */
async function untilSteps(world: ControlWorld): Promise<void> {
  if (!world.isEngaged) world.setKillSwitch(false);
  await world.until(() => world.web.watch.hasStepped, steadyWithinS);
  // A test that is asked for comes first.
  world.web.isAsked = false;
}
