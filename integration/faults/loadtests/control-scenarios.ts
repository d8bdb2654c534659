import { ok } from 'node:assert/strict';
import type { CommitPoint } from '../../../pipelines/runtime/delivery.ts';
import { endFaults, repeatOldCommands } from './control-faults.ts';
import { ControlWorld } from './control-world.ts';
import type { ControllerProcess } from './controller-process.ts';
import { settleAndCheckControl } from './settle-and-check.ts';
import { userScenarios } from './user-scenarios.ts';

/** Tiers to which one thing is made to happen while load is raised, whatever the seed. */
export const controlScenarios = {
  killedAndNobodyFollows,
  killedAndFollowed,
  stoppedInOrder,
  zombieWakes,
  zombieWakesWithARaise,
  rivalsByTurns,
  oldCommandsComeAgain,
  killSwitchUnknown,
  killSwitchEngaged,
  telemetryStalls,
  logAway,
  ...userScenarios,
} satisfies Readonly<Record<string, (seed: number) => Promise<void>>>;

export type ScenarioOfControl = keyof typeof controlScenarios;

async function raisedWorld(
  seed: number,
  at: (point: CommitPoint, process: ControllerProcess) => void = () => {},
): Promise<ControlWorld> {
  const world = new ControlWorld(seed);
  world.setKillSwitch(false);
  world.startController({ at });
  world.start();
  ok(await world.until(() => world.isRaised, 200), 'load was raised');
  await world.clock.advance(world.random.between(100, 40_000));
  return world;
}

/** Nobody is left: the adapter alone takes the load back. */
async function killedAndNobodyFollows(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  if (!world.isRaised) await world.until(() => world.isRaised, 200);
  const [controller] = world.controllers;
  controller!.log.kill();
  world.web.watch.died(controller!);
  await world.clock.advance(12_000);
  ok(!world.isRaised, 'safe weights within 12 s');
  endFaults(world);
  await settleAndCheckControl(world, { livesOn: true });
}

/** A successor takes a newer lease and says so. */
async function killedAndFollowed(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  const [controller] = world.controllers;
  controller!.log.kill();
  world.web.watch.died(controller!);
  world.startController();
  await world.clock.advance(30_000);
  ok(!world.isRaised);
  await settleAndCheckControl(world, { livesOn: false });
}

/** Who ends in order takes the load back itself; who comes after it is not ending. */
async function stoppedInOrder(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  await world.until(() => world.isRaised, 200);
  const [controller] = world.controllers;
  void controller!.stop();
  await world.clock.advance(3_000);
  ok(!world.isRaised, 'load is taken back at once');
  world.startController();
  ok(await world.until(() => world.isRaised, 400), 'its successor tests');
  await settleAndCheckControl(world, { livesOn: false });
}

/** An old owner stands still until another one steers; awake, it goes on with what it was about to say. */
async function zombieWakes(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  const [zombie] = world.controllers;
  zombie!.log.freeze();
  world.web.watch.died(zombie!);
  world.startController();
  await world.clock.advance(world.random.between(12_000, 120_000));
  zombie!.log.thaw();
  await world.clock.advance(30_000);
  endFaults(world);
  await settleAndCheckControl(world, { livesOn: false });
}

/** It stands still between the decision to raise and the log, and nobody else is there: awake, the raise is old. */
async function zombieWakesWithARaise(seed: number): Promise<void> {
  const world = new ControlWorld(seed);
  const points: readonly CommitPoint[] = ['before_begin', 'after_begin'];
  const point = points[seed % points.length];
  let stillLeft = 2;
  world.setKillSwitch(false);
  world.start();
  world.startController({
    at: (passed, { log, raises }) => {
      if (passed !== point || stillLeft === 0 || !raises) return;
      stillLeft--;
      log.freeze();
      world.clock.after(world.random.between(6_000, 25_000), () => log.thaw());
    },
  });
  ok(await world.until(() => stillLeft === 0, 900), 'it stood still twice');
  await world.clock.advance(40_000);
  endFaults(world);
  await settleAndCheckControl(world, { livesOn: false });
}

/** A controller of another group, which the log does not fence: leases alone keep them apart. */
async function rivalsByTurns(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  world.startController({ isRival: true });
  await world.clock.advance(240_000);
  endFaults(world);
  await settleAndCheckControl(world, { livesOn: false });
}

async function oldCommandsComeAgain(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  for (let again = 0; again < 6; again++) {
    repeatOldCommands(world.web);
    await world.clock.advance(world.random.between(500, 8_000));
  }
  await settleAndCheckControl(world, { livesOn: false });
}

/** The switches cannot be read for longer than their state counts as known; nothing else is away. */
async function killSwitchUnknown(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  for (let time = 0; time < 12; time++) {
    world.switches.away = true;
    await world.clock.advance(world.random.between(8_000, 13_000));
    world.switches.away = false;
    await world.clock.advance(world.random.between(1_000, 3_000));
    await world.until(() => world.isRaised, 200);
  }
  await settleAndCheckControl(world, { livesOn: false });
}

async function killSwitchEngaged(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  world.setKillSwitch(true);
  await world.clock.advance(4_000);
  ok(!world.isRaised, 'the switch takes load back at once');
  await world.clock.advance(60_000);
  ok(!world.isRaised);
  world.setKillSwitch(false);
  await settleAndCheckControl(world, { livesOn: false });
}

async function telemetryStalls(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  world.web.fleet.silence = seed % 2 === 0 ? 'late' : 'lost';
  await world.clock.advance(30_000);
  ok(!world.isRaised, 'nothing is raised that nobody sees');
  world.web.fleet.silence = 'none';
  await settleAndCheckControl(world, { livesOn: false });
}

async function logAway(seed: number): Promise<void> {
  const world = await raisedWorld(seed);
  world.cluster.away = true;
  await world.clock.advance(12_500);
  ok(!world.isRaised, 'what cannot be renewed expires');
  world.cluster.away = false;
  await settleAndCheckControl(world, { livesOn: false });
}
