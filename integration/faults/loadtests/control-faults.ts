import type { SimulatedServer } from '../../../log/simulated/network.ts';
import type { ControlWorld } from './control-world.ts';
import type { ControllerProcess } from './controller-process.ts';

const controllersMax = 3;

/** One thing that may happen to a tier that is steered; which, and how long it lasts, is chance. */
export function oneFault(world: ControlWorld): void {
  const { random, cluster, registry, switches, balancerWay } = world;
  const running = world.controllers.filter(({ log }) => log.state === 'running');
  const steering = world.watch.steers;
  const kinds: readonly (() => void)[] = [
    () => steering !== undefined && kill(world, steering),
    () => steering !== undefined && freeze(world, steering),
    () => running.length > 0 && kill(world, random.pick(running)),
    () => running.length > 0 && void random.pick(running).stop(),
    () => addController(world),
    () => addRival(world),
    () => away(world, cluster, 15_000),
    () => lossy(world, cluster, 8_000),
    () => abortTransaction(world),
    () => adapterDies(world),
    () => adapterDies(world),
    () => away(world, balancerWay, 6_000),
    () => lossy(world, balancerWay, 6_000),
    () => world.reloadBalancer(),
    () => away(world, registry, 15_000),
    () => away(world, switches, 20_000),
    () => killSwitch(world),
    () => silence(world),
    () => repeatOldCommands(world),
  ];
  random.pick(kinds)();
}

/** Everything is back, everything frozen runs, nobody rivals, and there is a controller that nobody is about to stop. */
export function endFaults(world: ControlWorld): void {
  const { cluster, registry, switches, balancerWay, controllers } = world;
  for (const server of [cluster, registry, switches, balancerWay])
    Object.assign(server, { away: false, answerLostRatio: 0, slowRatio: 0 });
  cluster.markerDelayMsMax = 0;
  world.fleet.silence = 'none';
  if (world.watch.isEngaged) world.setKillSwitch(false);
  for (const { log, isRival } of controllers) {
    if (log.state === 'frozen') log.thaw();
    if (isRival) log.kill();
  }
  if (world.adapter.log.state === 'killed') world.startAdapter();
  world.startController();
}

export function kill(world: ControlWorld, controller: ControllerProcess): void {
  controller.log.kill();
  world.watch.died(controller);
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

export function adapterDies(world: ControlWorld): void {
  if (world.adapter.log.state === 'killed') return;
  world.adapter.log.kill();
  world.clock.after(world.random.between(100, 25_000), () => {
    if (world.adapter.log.state === 'killed') world.startAdapter();
  });
}

export function killSwitch(world: ControlWorld): void {
  if (world.watch.isEngaged) return;
  world.setKillSwitch(true);
  world.clock.after(world.random.between(500, 30_000), () => world.watch.isEngaged && world.setKillSwitch(false));
}

export function silence({ clock, random, fleet }: ControlWorld): void {
  fleet.silence = random.pick(['late', 'lost']);
  clock.after(random.between(500, 15_000), () => {
    fleet.silence = 'none';
  });
}

/** A careless mirror brings commands of before once more, as they were. */
export function repeatOldCommands({ cluster, clock, random }: ControlWorld): void {
  const control = cluster.partition({ topic: 'loadbalancer.control.v1', partition: 0 });
  const given = control.records.filter(({ transaction }) => transaction?.outcome === 'committed');
  if (given.length === 0) return;
  const from = random.between(0, given.length - 1);
  const again = given.slice(from, from + 5).map(({ key, value }) => ({ key, value, headers: undefined }));
  control.append(again, clock.nowMs());
}
