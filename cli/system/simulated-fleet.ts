import { join } from 'node:path';
import type { Publisher } from '../../agent/publisher/publisher.ts';
import type { Clock } from '../../base/clock.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { codecOf } from '../../schemas/codec.ts';
import type { HostPlacements } from '../../schemas/records.ts';
import type { Inventory } from '../../schemas/topology-inventory.ts';
import type { Fleet } from '../../simulate/fleet.ts';
import { createFleet } from '../../simulate/fleet.ts';
import { inventoryOf as inventoryOfFleet } from '../../simulate/inventory.ts';
import { runInRealTime } from '../../simulate/real-time.ts';
import { applyTopology } from '../setup/apply-topology.ts';
import type { Parts } from './parts.ts';
import { openPublisher } from './publishers.ts';

export interface SimulatedFleetOptions {
  readonly settings: Settings;
  readonly parts: Parts;
  readonly clock: Clock;
  readonly hosts: number;
  readonly seed: number;
  /** What a load balancer gives each host, by host. */
  readonly loadFactors?: () => ReadonlyMap<string, number>;
}

export interface RunningFleet {
  readonly hosts: ReadonlySet<string>;
  stats(): ReturnType<Publisher['stats']>;
  stop(): Promise<void>;
}

/** The simulated fleet of `npm start`: its inventory in the topology topics, its seconds through the agent's publisher. */
export async function startSimulatedFleet(options: SimulatedFleetOptions): Promise<RunningFleet> {
  const { settings, parts, clock, hosts, seed, loadFactors } = options;
  const fleet = createFleet({ hosts, seed, ...(loadFactors && { loadFactors }) });
  await applyTopology({
    log: parts.log,
    registry: parts.registry,
    inventory: inventoryOf(fleet),
    nowMs: clock.nowMs(),
  });
  const publisher = await openPublisher({
    name: 'fleet',
    spoolDir: join(settings.dataDir, 'spool-fleet'),
    settings,
    parts,
    clock,
  });
  const codec = codecOf('dyno.systeminfo.v1');
  for (const info of fleet.systemInfos(clock.nowMs())) publisher.publishSystemInfo(info.host, codec.encode(info, 0));
  const running = runInRealTime({ fleet, clock, publish: (samples) => publisher.publish(samples) });
  return {
    hosts: new Set(fleet.placements.map(({ host }) => host)),
    stats: () => publisher.stats(),
    async stop() {
      running.stop();
      await publisher.close();
    },
  };
}

/** Where the hosts of a fleet of this size will belong, before it is there. */
export const simulatedPlacements = (hosts: number): HostPlacements[] =>
  inventoryOfFleet({ hosts }).map(({ host, placement }) => ({ host, placements: [placement] }));

/** The fleet's places as an inventory: without a moment from which they hold, so that a restart changes nothing. */
const inventoryOf = (fleet: Fleet): Inventory => ({
  services: fleet.services,
  hosts: fleet.placements.map(({ host, placements }) => {
    const { validFromMs: _, ...placement } = placements.at(-1)!;
    return { host, placement, validFromMs: undefined, place: 'simulated fleet' };
  }),
});
