import { deepEqual, ok } from 'node:assert/strict';
import { checkChanges, checkFence } from './check-changes.ts';
import { checkCommands, committed } from './check-commands.ts';
import { checkRaises } from './check-raises.ts';
import { endFaults, oneFault } from './control-faults.ts';
import { ControlWorld } from './control-world.ts';

export interface ControlChecked {
  readonly raises: number;
  readonly deathsInRamp: number;
  readonly found: boolean;
}

/** From the last fault on: a fenced controller's pause, a lease of the past, the expiry of a command. */
const settleS = 60;
/** A minute of cool-down, a baseline, a ramp; three of them, as a tier may end tests itself and then rests for 30 and 60 minutes. */
const foundWithinS = 8_000;
const roundsMax = 10;
/** One world of so many goes on until a capacity is found again. */
const livesOnEvery = 4;

/** One world of chance from its seed: faults in baselines and ramps; then it must be safe, and steer again. */
export async function runControlSeed(seed: number): Promise<ControlChecked> {
  const world = new ControlWorld(seed);
  const { random, clock } = world;
  if (random.chance(0.9)) world.setKillSwitch(false);
  world.startController();
  if (random.chance(0.4)) world.startController();
  world.start();
  const livesOn = seed % livesOnEvery === 0;
  const rounds = livesOn ? random.between(1, 3) : random.between(3, roundsMax);
  for (let round = 0; round < rounds; round++) {
    // Faults are worth most while load is raised.
    if (random.chance(0.6)) await world.until(() => world.isRaised, 150);
    await clock.advance(random.between(10, 12_000));
    oneFault(world);
    if (random.chance(0.3)) oneFault(world);
    await clock.advance(random.between(10, 6_000));
  }
  endFaults(world);
  return settleAndCheckControl(world, { livesOn });
}

/** Lets everything come to rest and checks all that ever happened; `livesOn`: until a capacity is found after all faults. */
export async function settleAndCheckControl(
  world: ControlWorld,
  { livesOn }: { readonly livesOn: boolean },
): Promise<ControlChecked> {
  const { clock, watch } = world;
  const quietMs = clock.nowMs();
  await clock.advance(settleS * 1_000);
  let found = false;
  for (let atS = 0; livesOn && !found && atS < foundWithinS; atS += 20) {
    await clock.advance(20_000);
    found = hasFound(world, quietMs);
  }
  deepEqual(watch.findings, []);
  checkCommands(world);
  checkChanges(world);
  checkFence(world);
  const raises = checkRaises(world);
  ok(found || !livesOn, `no capacity was found within ${foundWithinS} s after the last fault`);
  return { raises, deathsInRamp: watch.deathsInRamp, found };
}

const hasFound = (world: ControlWorld, sinceMs: number): boolean =>
  committed(world, 'instantdyno.loadtests.v1')
    .slice(-40)
    .some(({ value: { ended, timeMs } }) => timeMs > sinceMs && ended?.outcome === 'found');
