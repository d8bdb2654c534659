import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedWorld } from './simulated-world.ts';

const processesMax = 3;

/** One thing that may happen to a world; which, and how long it lasts, is chance. */
export function oneFault(world: SimulatedWorld): void {
  const { random } = world;
  const running = world.processes.filter(({ log }) => log.state === 'running');
  const kinds: readonly (() => void)[] = [
    () => addProcess(world),
    () => addProcess(world),
    () => running.length > 0 && random.pick(running).log.kill(),
    () => running.length > 0 && freeze(world, random.pick(running)),
    () => running.length > 0 && void random.pick(running).stop(),
    () => away(world, world.cluster, 12_000),
    () => away(world, world.clickHouse, 40_000),
    () => away(world, world.registry, 20_000),
    () => lossy(world),
    () => silence(world),
    () => world.inventory.move(random.pick(world.fleet.hosts).name, world.clock.nowMs()),
    () => removeOldRecords(world),
    () => {},
    () => {},
  ];
  random.pick(kinds)();
}

/** Everything that was away is back, everything frozen runs, and there is a process that nobody is about to stop. */
export function endFaults(world: SimulatedWorld): void {
  for (const server of [world.cluster, world.clickHouse, world.registry])
    Object.assign(server, { away: false, answerLostRatio: 0, slowRatio: 0 });
  world.cluster.markerDelayMsMax = 0;
  for (const { log } of world.processes) if (log.state === 'frozen') log.thaw();
  world.start();
}

function addProcess(world: SimulatedWorld): void {
  const alive = world.processes.filter(({ log }) => log.state !== 'killed');
  if (alive.length < processesMax) world.start();
}

function freeze({ clock, random }: SimulatedWorld, { log }: SimulatedProcess): void {
  log.freeze();
  clock.after(random.between(100, 25_000), () => log.state === 'frozen' && log.thaw());
}

function away({ clock, random }: SimulatedWorld, server: { away: boolean }, longestMs: number): void {
  server.away = true;
  clock.after(random.between(10, longestMs), () => {
    server.away = false;
  });
}

/** For a while answers get lost after the work was done, calls take seconds, and transactions end slowly. */
function lossy({ clock, random, cluster, clickHouse }: SimulatedWorld): void {
  const server = random.pick([cluster, clickHouse, cluster]);
  const trouble = { answerLostRatio: random.between(0, 3) / 10, slowRatio: random.between(0, 2) / 10 };
  Object.assign(server, trouble);
  if (server === cluster) cluster.markerDelayMsMax = random.between(0, 1_500);
  clock.after(random.between(500, 15_000), () => {
    Object.assign(server, { answerLostRatio: 0, slowRatio: 0 });
    if (server === cluster) cluster.markerDelayMsMax = random.between(0, 20);
  });
}

/** Some hosts say nothing for a while: partitions become idle. */
function silence({ clock, random, fleet }: SimulatedWorld): void {
  const untilMs = clock.nowMs() + random.between(3_000, 60_000);
  const share = random.next();
  for (const host of fleet.hosts) if (random.chance(share)) host.silentUntilMs = untilMs;
}

/** Retention removes what every group has behind it. */
function removeOldRecords({ cluster, epoch }: SimulatedWorld): void {
  for (const topic of cluster.topics) {
    if (topic.endsWith('.state.v1') || topic.startsWith('topology.')) continue;
    for (const [partition, log] of cluster.partitions(topic).entries()) {
      const offsets = readersOf(topic).map((stage) =>
        cluster.committedOffset(`${stage}-e${epoch}`, { topic, partition }),
      );
      if (offsets.length === 0 || offsets.some((offset) => offset === undefined)) continue;
      log.removeBelow(Math.min(...offsets.map((committed) => committed!.offset)));
    }
  }
}

function readersOf(topic: string): readonly string[] {
  if (topic === 'dyno.counters.v1') return ['windows', 'raw'];
  if (topic === 'dyno.host-windows.v1') return ['tiers', 'clickhouse'];
  if (topic === 'dyno.tier-seconds.v1') return ['instantdyno', 'clickhouse'];
  return topic.startsWith('dyno.') ? ['clickhouse'] : [];
}
