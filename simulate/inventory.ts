import type { Placement } from '../schemas/topology.ts';
import { type Generation, hardwareOf } from './hardware.ts';
import { type TierSpec, tierSpecs, webTier } from './tiers.ts';

export interface Region {
  readonly name: string;
  readonly datacenters: readonly [string, string];
  /** Hour of the day, UTC, at which its users are most active. */
  readonly peakHourUtc: number;
}

/** Regions are the seed's; the rest is invented: two data centers each, evening peaks by time zone. */
export const regions: readonly Region[] = [
  { name: 'SNC', datacenters: ['snc2', 'snc4'], peakHourUtc: 4 },
  { name: 'ASH', datacenters: ['ash3', 'ash4'], peakHourUtc: 1 },
  { name: 'PRN', datacenters: ['prn1', 'prn2'], peakHourUtc: 3.5 },
  { name: 'ATN', datacenters: ['atn1', 'atn2'], peakHourUtc: 1.5 },
];

export interface InventoryHost {
  readonly host: string;
  readonly spec: TierSpec;
  readonly region: Region;
  readonly generation: Generation;
  readonly placement: Placement;
}

/** All hosts of the simulated fleet, always the same for the same number and tiers. */
export function inventoryOf(options: { readonly hosts: number; readonly tiers?: readonly string[] }): InventoryHost[] {
  const specs = tierSpecs.filter(({ tier }) => options.tiers === undefined || options.tiers.includes(tier));
  const racks = new Map<string, number>();
  const counts = hostsPerTier(specs, options.hosts);
  return specs.flatMap((spec, tier) => hostsOf(spec, counts[tier] ?? 0, racks));
}

/**
 * Web gets about a fifth. Of the rest each tier gets ten, since the comparison page hides smaller ones, and what is left
 * goes by weight; a small fleet is dealt out evenly.
 */
function hostsPerTier(specs: readonly TierSpec[], hosts: number): number[] {
  const isWeb = (spec: TierSpec) => spec.tier === webTier;
  const others = specs.filter((spec) => !isWeb(spec));
  const web = specs.length === others.length ? 0 : others.length === 0 ? hosts : Math.max(1, Math.floor(hosts * 0.21));
  const base = others.length === 0 ? 0 : Math.min(10, Math.floor((hosts - web) / others.length));
  const left = others.length === 0 ? 0 : hosts - web - base * others.length;
  const extra = largestRemainder(
    others.map(({ weight }) => weight),
    left,
  );
  let other = 0;
  return specs.map((spec) => (isWeb(spec) ? web : base + extra[other++]!));
}

/** Shares of `total` in whole numbers, in proportion to the weights. */
function largestRemainder(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (weight / sum) * total);
  const shares = exact.map(Math.floor);
  const byRemainder = exact.map((share, i) => ({ i, rest: share - Math.floor(share) })).sort((a, b) => b.rest - a.rest);
  const missing = total - shares.reduce((a, b) => a + b, 0);
  for (const { i } of byRemainder.slice(0, missing)) shares[i]!++;
  return shares;
}

/** Generations in blocks, regions in turn: so each region has some of each generation. */
function hostsOf(spec: TierSpec, count: number, racks: Map<string, number>): InventoryHost[] {
  const names = Object.keys(spec.generations) as Generation[];
  const perGeneration = largestRemainder(
    names.map((name) => spec.generations[name] ?? 0),
    count,
  );
  const generations = names.flatMap((name, i) => Array.from({ length: perGeneration[i]! }, () => name));
  return generations.map((generation, i) => {
    const region = regions[i % regions.length]!;
    const datacenter = region.datacenters[Math.floor(i / regions.length) % 2]!;
    const host = `${spec.hostPrefix}${spec.firstHostNumber + i}.${datacenter}`;
    const placement = placementOf(spec, { host, region: region.name, datacenter, generation }, racks);
    return { host, spec, region, generation, placement };
  });
}

interface Place {
  readonly host: string;
  readonly region: string;
  readonly datacenter: string;
  readonly generation: Generation;
}

function placementOf(spec: TierSpec, place: Place, racks: Map<string, number>): Placement {
  const { serversPerRack } = hardwareOf({ serverType: spec.serverType, generation: place.generation });
  const row = `${place.datacenter}.${spec.serverType.toLowerCase()}-${place.generation.toLowerCase()}`;
  const before = racks.get(row) ?? 0;
  racks.set(row, before + 1);
  const balanced = spec.tier === webTier;
  return {
    tier: spec.tier,
    service: spec.service,
    region: place.region,
    datacenter: place.datacenter,
    rack: `${row}-${String(Math.floor(before / serversPerRack) + 1).padStart(2, '0')}`,
    serverType: spec.serverType,
    generation: place.generation,
    pool: balanced ? 'www' : '',
    server: balanced ? place.host : '',
    build: `${spec.hostPrefix}-r1`,
    owner: spec.owner,
    validFromMs: 0,
  };
}
