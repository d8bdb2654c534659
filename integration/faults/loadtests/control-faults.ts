import type { SimulatedServer } from '../../../log/simulated/network.ts';
import type { ControlWorld } from './control-world.ts';
import type { ControllerProcess } from './controller-process.ts';
import type { SteeredTier } from './steered-tier.ts';

const controllersMax = 3;

/** One thing that may happen to a tier that is steered; which, and how long it lasts, is chance. */
export function oneFault(world: ControlWorld): void {
  const { random, cluster, registry, switches } = world;
  const site = random.pick(world.sites);
  const { balancerWay } = site;
  const running = world.controllers.filter(({ log }) => log.state === 'running');
  const steering = site.watch.steers;
  const kinds: readonly (() => void)[] = [
    () => steering !== undefined && kill(world, steering),
    () => steering !== undefined && freeze(world, steering),
    () => running.length > 0 && kill(world, random.pick(running)),
    () => running.length > 0 && void random.pick(running).stop(),
    () => addController(world),
    // Tiers that are steered by two cannot know of each other's tests in time.
    () => world.sites.length === 1 && addRival(world),
    () => away(world, cluster, 15_000),
    () => lossy(world, cluster, 8_000),
    () => abortTransaction(world),
    () => adapterDies(site),
    () => adapterDies(site),
    () => away(world, balancerWay, 6_000),
    () => lossy(world, balancerWay, 6_000),
    () => site.reloadBalancer(),
    () => away(world, registry, 15_000),
    () => away(world, switches, 20_000),
    () => killSwitch(world),
    () => silence(site),
    () => repeatOldCommands(site),
  ];
  random.pick(kinds)();
}

/** Everything is back, everything frozen runs, nobody rivals, and there is a controller that nobody is about to stop. */
export function endFaults(world: ControlWorld): void {
  const { cluster, registry, switches, sites, controllers } = world;
  for (const server of [cluster, registry, switches, ...sites.map(({ balancerWay }) => balancerWay)])
    Object.assign(server, { away: false, answerLostRatio: 0, slowRatio: 0 });
  cluster.markerDelayMsMax = 0;
  if (world.isEngaged) world.setKillSwitch(false);
  const wasEdited = world.file.restore();
  for (const { log, isRival } of controllers) {
    if (log.state === 'frozen') log.thaw();
    // Those of another file than the first would go on by it.
    if (isRival || wasEdited) log.kill();
  }
  for (const site of sites) {
    site.fleet.silence = 'none';
    site.isAsked = true;
    if (site.killFile) site.setKillFile(false);
    for (const server of site.drained) site.giveBack(server);
    if (site.adapter.log.state === 'killed') site.startAdapter();
  }
  world.startController();
}

export function kill(world: ControlWorld, controller: ControllerProcess): void {
  controller.log.kill();
  for (const { watch } of world.sites) watch.died(controller);
  // Somebody starts it anew, sooner or later.
  world.clock.after(world.random.between(200, 30_000), () => addController(world));
}

/** A zombie: others may take over while it stands still; then it goes on where it was. */
export function freeze(world: ControlWorld, { log }: ControllerProcess, longestMs = 30_000): void {
  log.freeze();
  world.clock.after(world.random.between(100, longestMs), () => log.state === 'frozen' && log.thaw());
}

export function addController(world: ControlWorld): void {
  const alive = world.controllers.filter(({ log }) => log.state !== 'killed');
  if (alive.length < controllersMax) world.startController();
}

export function addRival(world: ControlWorld): void {
  const rivals = world.controllers.some(({ log, isRival }) => isRival && log.state !== 'killed');
  if (!rivals) world.startController({ isRival: true });
}

export function away({ clock, random }: ControlWorld, server: SimulatedServer, longestMs: number): void {
  server.away = true;
  clock.after(random.between(10, longestMs), () => {
    server.away = false;
  });
}

/** For a while answers get lost after the work was done, calls to the log take seconds, transactions end slowly. */
function lossy({ clock, random, cluster }: ControlWorld, server: SimulatedServer, longestMs: number): void {
  server.answerLostRatio = random.between(1, 4) / 10;
  if (server === cluster) Object.assign(cluster, { slowRatio: random.between(0, 2) / 10, markerDelayMsMax: 1_500 });
  clock.after(random.between(500, longestMs), () => {
    Object.assign(server, { answerLostRatio: 0, slowRatio: 0 });
    if (server === cluster) cluster.markerDelayMsMax = 20;
  });
}

/** As the log does when a transaction is open for too long: it is aborted, and who began it is fenced. */
export const abortTransaction = ({ cluster }: ControlWorld): void => void cluster.initProducer('loadtests-e1-0');

export function adapterDies(site: SteeredTier): void {
  const { clock, random } = site.world;
  if (site.adapter.log.state === 'killed') return;
  site.adapter.log.kill();
  clock.after(random.between(100, 25_000), () => {
    if (site.adapter.log.state === 'killed') site.startAdapter();
  });
}

export function killSwitch(world: ControlWorld): void {
  if (world.isEngaged) return;
  world.setKillSwitch(true);
  world.clock.after(world.random.between(500, 30_000), () => world.isEngaged && world.setKillSwitch(false));
}

export function silence({ world: { clock, random }, fleet }: SteeredTier): void {
  fleet.silence = random.pick(['late', 'lost']);
  clock.after(random.between(500, 15_000), () => {
    fleet.silence = 'none';
  });
}

/** A careless mirror brings commands of before once more, as they were. */
export function repeatOldCommands(site: SteeredTier): void {
  const { clock, random } = site.world;
  const control = site.partition('loadbalancer.control.v1');
  const given = control.records.filter(({ transaction }) => transaction?.outcome === 'committed');
  if (given.length === 0) return;
  const from = random.between(0, given.length - 1);
  const again = given.slice(from, from + 5).map(({ key, value }) => ({ key, value, headers: undefined }));
  control.append(again, clock.nowMs());
}
