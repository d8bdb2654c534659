import type { HostSample } from '../agent/sample.ts';
import { counters } from '../schemas/counters.ts';
import type { HostPlacements, ServiceInfo, SystemInfo } from '../schemas/records.ts';
import { type Fault, FaultPlan, type FaultTruth } from './faults.ts';
import { type GenerationTruth, hardwareOf, webGenerationNames, webTruth } from './hardware.ts';
import { SimulatedHost } from './host.ts';
import { serviceHostModel, webHostModel } from './host-models.ts';
import { type InventoryHost, inventoryOf } from './inventory.ts';
import { LoadCurve } from './load-curve.ts';
import { Random } from './random.ts';
import { webTier } from './tiers.ts';

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
  /**
   * How much of its usual part of the load a load balancer gives each host now; hosts that are not named get theirs. What
   * one gets more the others of its tier and region get less.
   */
  readonly loadFactors?: () => ReadonlyMap<string, number>;
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
  /** Every fault with the host it hits; times are known once the first second was asked for. */
  faultTruths(): readonly FaultTruth[];
}

/** Left-out seconds beyond this are not simulated: queues settle within half a minute anyway. */
const catchUpSecondsMax = 60;

/** A simulated fleet: the same for the same options, second by second, to the last bit. */
export function createFleet(options: FleetOptions): Fleet {
  const inventory = inventoryOf(options);
  const hosts = inventory.map((entry, i) => simulatedHost(entry, new Random(options.seed, hostStreams + i)));
  const levels = levelsOf(inventory, options);
  const sharesNow = sharesOf(inventory, options.loadFactors);
  const faults = new FaultPlan(inventory, options.faults ?? []);
  let lastMs: number | undefined;

  const step = (timeMs: number): HostSample[] => {
    const levelOf = levels(timeMs);
    const shareOf = sharesNow();
    return hosts.map((host, i) => host.next(timeMs, levelOf(i) * shareOf(i), faults.conditionOf(i, timeMs)));
  };
  return {
    placements: inventory.map(({ host, placement }) => ({ host, placements: [placement] })),
    services: servicesOf(inventory),
    systemInfos: (timeMs) => inventory.map((entry, i) => systemInfoOf(entry, hosts[i]!, timeMs)),
    second: (timeMs) => {
      faults.start(timeMs);
      const missedMs = lastMs === undefined ? 0 : Math.min(timeMs - lastMs - 1_000, catchUpSecondsMax * 1_000);
      for (let skippedMs = timeMs - missedMs; skippedMs < timeMs; skippedMs += 1_000) step(skippedMs);
      lastMs = timeMs;
      return faults.deliver(step(timeMs), timeMs);
    },
    capacities: webGenerationNames.map(webTruth),
    faultTruths: () => faults.truths(),
  };
}

/** Streams of chance: load curves count from 0, hosts from here. */
const hostStreams = 100_000;
/** Machines are up for 3 to 203 days at the first sample. */
const uptimeDays = { least: 3, spread: 200 };

function simulatedHost({ host, spec, generation }: InventoryHost, random: Random): SimulatedHost {
  const hardware = hardwareOf({ serverType: spec.serverType, generation });
  const { behaviour } = spec;
  const hitByHit = spec.tier === webTier && generation !== 'Avoton';
  const model = hitByHit
    ? webHostModel({ truth: webTruth(generation), behaviour, random })
    : serviceHostModel({ hardware, behaviour, random });
  const startedAgoS = Math.floor((uptimeDays.least + uptimeDays.spread * random.uniform()) * 86_400);
  return new SimulatedHost({ host, hardware, behaviour, model, hitByHit, random, startedAgoS });
}

/** Multiples of a host's usual load, such that each tier and region has as much in all as without them. */
function sharesOf(inventory: readonly InventoryHost[], factors: FleetOptions['loadFactors']) {
  const groupOf = inventory.map(({ spec, region }) => `${spec.tier} ${region.name}`);
  const sizeOf = inventory.map(({ generation, spec }) =>
    spec.tier === webTier && generation !== 'Avoton' ? webTruth(generation).lambda100 : 1,
  );
  const even = (): number => 1;
  return (): ((host: number) => number) => {
    const now = factors?.();
    if (now === undefined || now.size === 0) return even;
    const sums = new Map<string, { usual: number; now: number }>();
    const factorOf = inventory.map(({ host }) => now.get(host) ?? 1);
    for (const [i, group] of groupOf.entries()) {
      const sum = sums.get(group) ?? { usual: 0, now: 0 };
      sum.usual += sizeOf[i]!;
      sum.now += sizeOf[i]! * factorOf[i]!;
      sums.set(group, sum);
    }
    return (host) => {
      const sum = sums.get(groupOf[host]!)!;
      return sum.now === 0 ? 1 : (factorOf[host]! * sum.usual) / sum.now;
    };
  };
}

/** One load curve a tier and region; the hosts of both share it, as a load balancer by weight would have it. */
function levelsOf(inventory: readonly InventoryHost[], { seed, shape = usualShape }: FleetOptions) {
  const curves: LoadCurve[] = [];
  const indexOf = new Map<string, number>();
  const curveOfHost = inventory.map(({ spec, region }) => {
    const key = `${spec.tier} ${region.name}`;
    const known = indexOf.get(key);
    if (known !== undefined) return known;
    const { loadMean, loadSwing } = spec.behaviour;
    const index = curves.length;
    indexOf.set(key, index);
    curves.push(
      new LoadCurve({
        mean: loadMean * shape.scale,
        swing: loadSwing * shape.scale * shape.swing,
        peakHourUtc: region.peakHourUtc,
        wander: shape.wander,
        random: new Random(seed, index),
      }),
    );
    return index;
  });
  return (timeMs: number): ((host: number) => number) => {
    const now = curves.map((curve) => curve.next(timeMs));
    return (host) => now[curveOfHost[host]!]!;
  };
}

function servicesOf(inventory: readonly InventoryHost[]): ServiceInfo[] {
  const services = new Map<string, ServiceInfo>();
  for (const { spec } of inventory) {
    // The first tier of a service leads it, in the order of the seed's page.
    if (services.has(spec.service)) continue;
    const { service, product, tier: topTier, webRelated, owner } = spec;
    services.set(service, { service, product, topTier, webRelated, reference: topTier === webTier, owners: [owner] });
  }
  return [...services.values()];
}

function systemInfoOf(entry: InventoryHost, simulated: SimulatedHost, timeMs: number): SystemInfo {
  const { host, spec, generation } = entry;
  const hardware = hardwareOf({ serverType: spec.serverType, generation });
  const rotational = hardware.disks > 0;
  const modelled = simulated.modelled();
  const absent = counters.filter(({ name }) => !modelled.has(name));
  return {
    host,
    timeMs,
    simulated: true,
    agentVersion: 'simulated',
    intervalMs: 1_000,
    bootTimeMs: simulated.bootTimeMs(timeMs),
    os: 'simulated',
    kernel: 'simulated',
    architecture: 'x86_64',
    virtualization: 'simulated',
    cpuModel: hardware.cpuModel,
    generation,
    sockets: hardware.sockets,
    physicalCores: hardware.physicalCores,
    logicalCpus: hardware.logicalCpus,
    numaNodes: hardware.sockets,
    memoryBytes: hardware.memoryBytes,
    swapBytes: 0,
    disks: Array.from({ length: Math.max(hardware.disks, hardware.flashes) }, (_, i) => ({
      name: `sd${i}`,
      model: hardware.diskModel,
      sizeBytes: hardware.diskBytes,
      rotational,
    })),
    nics: [{ name: 'eth0', driver: 'simulated', speedMbitPerS: (hardware.lineRateBytesPerS * 8) / 1e6 }],
    unavailable: new Map(absent.map(({ name }) => [name, 'not_simulated'])),
  };
}
