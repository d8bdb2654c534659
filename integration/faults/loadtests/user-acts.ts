import type { ControlWorld } from './control-world.ts';
import type { SteeredTier } from './steered-tier.ts';

/** What people do with a tier that is steered; what, and for how long, is chance. */
export function oneAct(world: ControlWorld): void {
  const site = world.random.pick(world.sites);
  const acts: readonly (() => void)[] = [
    () => drain(site),
    () => drain(site),
    () => drainRaised(site),
    () => editFile(site),
    () => editFile(site),
    () => site.request('stop'),
    () => site.request('disturbance', 'failover'),
    () => killFile(site),
  ];
  world.random.pick(acts)();
}

const drainedMost = 2;

/** One or two servers at a time: a pool of which a tenth is out is not well. */
export function drain(site: SteeredTier, server = site.world.random.pick(site.fleet.hosts), longestMs = 240_000): void {
  const { clock, random } = site.world;
  if (site.drained.length >= drainedMost) return;
  site.drain(server);
  clock.after(random.between(3_000, longestMs), () => site.giveBack(server));
}

function drainRaised(site: SteeredTier): void {
  const [server] = site.watch.raised(site.balancer.weights);
  drain(site, server);
}

/** A new file needs new controllers; they end in order, or not, and for a while there may be none. */
function editFile(site: SteeredTier): void {
  const { world } = site;
  world.file.edit(site.name, world.random);
  restartControllers(world, world.random.pick([0, world.random.between(100, 20_000)]));
}

export function restartControllers(world: ControlWorld, pauseMs: number): void {
  for (const controller of world.controllers) {
    if (controller.log.state !== 'running') continue;
    if (world.random.chance(0.5)) void controller.stop();
    else {
      controller.log.kill();
      for (const { watch } of world.sites) watch.died(controller);
    }
  }
  if (pauseMs === 0) world.startController();
  else world.clock.after(pauseMs, () => world.startController());
}

function killFile(site: SteeredTier): void {
  const { clock, random } = site.world;
  if (site.killFile) return;
  site.setKillFile(true);
  clock.after(random.between(500, 20_000), () => site.killFile && site.setKillFile(false));
}
