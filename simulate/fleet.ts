import type { HostSample } from '../agent/sample.ts';
import { counters } from '../schemas/counters.ts';
import type { HostPlacements, ServiceInfo, SystemInfo } from '../schemas/records.ts';
import { type ActiveFaults, type Fault, faultPlan } from './faults.ts';
import { type GenerationTruth, hardwareOf, webGenerationNames, webTruth } from './hardware.ts';
import { SimulatedHost } from './host.ts';
import { serviceHostModel, webHostModel } from './host-models.ts';
import { type InventoryHost, inventoryOf, type Region } from './inventory.ts';
import { LoadCurve } from './load-curve.ts';
import { Random } from './random.ts';
import { type TierSpec, webTier } from './tiers.ts';

/** How the load moves: the same fleet may be simulated lively or flat. */
export interface LoadShape {
  /** Multiplies every tier's load. */
  readonly scale: number;
  /** Multiplies the daily swing; 0 = the same at every hour. */
  readonly swing: number;
  /** Standard deviation of the wandering, relative. */
  readonly wander: number;
}

export const usualShape: LoadShape = { scale: 1, swing: 1, wander: 0.05 };

export interface FleetOptions {
  readonly hosts: number;
  readonly seed: number;
  /** Names of the tiers; default all 20. */
  readonly tiers?: readonly string[];
  readonly shape?: LoadShape;
  readonly faults?: readonly Fault[];
}

export interface Fleet {
  /** For `topology.hosts.v1`. */
  readonly placements: readonly HostPlacements[];
  /** For `topology.services.v1`. */
  readonly services: readonly ServiceInfo[];
  /** For `dyno.systeminfo.v1`: `simulated`, and every counter that is not modelled is `not_simulated`. */
  systemInfos(timeMs: number): readonly SystemInfo[];
  /**
   * What arrives at the second `timeMs`, which must be a whole second after the one before. Usually one sample a host;
   * faults make some missing, late, skewed or double. Seconds that were left out are simulated unseen.
   */
  second(timeMs: number): HostSample[];
  /** What is true of each web generation in the model. */
  readonly capacities: readonly GenerationTruth[];
  /** Faults with the hosts they hit, once the first second is known. */
  readonly faults: ActiveFaults;
}

/** Left-out seconds beyond this are not simulated: queues settle within half a minute anyway. */
const catchUpSecondsMax = 60;

export function createFleet(options: FleetOptions): Fleet {
  const inventory = inventoryOf(options);
  const hosts = inventory.map((entry, i) => simulatedHost(entry, new Random(options.seed, 10_000 + i)));
  const curves = loadCurves(inventory, options);
  const faults = faultPlan(inventory, options.faults ?? []);
  let lastMs: number | undefined;

  const step = (timeMs: number): HostSample[] => {
    const levels = curves.map((curve) => curve.next(timeMs));
    return hosts.map((host, i) => host.next(timeMs, levels[curves.indexOfHost[i]!]!, faults.conditionOf(i, timeMs)));
  };
  return {
    placements: inventory.map(({ host, placement }) => ({ host, placements: [placement] })),
    services: servicesOf(inventory),
    systemInfos: (timeMs) => inventory.map((entry, i) => systemInfoOf(entry, hosts[i]!.modelled(), timeMs)),
    second: (timeMs) => {
      faults.start(timeMs);
      const missedMs = lastMs === undefined ? 0 : Math.min(timeMs - lastMs - 1_000, catchUpSecondsMax * 1_000);
      for (let skippedMs = timeMs - missedMs; skippedMs < timeMs; skippedMs += 1_000) step(skippedMs);
      lastMs = timeMs;
      return faults.deliver(step(timeMs), timeMs);
    },
    capacities: webGenerationNames.map(webTruth),
    faults,
  };
}
