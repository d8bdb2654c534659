import { stringify } from 'yaml';
import type { Fleet } from './fleet.ts';

export interface TruthOptions {
  readonly fleet: Fleet;
  readonly scenario: string;
  readonly seed: number;
  readonly startMs: number;
  readonly durationMs: number;
}

/** What is true of a run, as JSON: capacity of each web generation, every fault. To be asked after the run. */
export function truthJson({ fleet, scenario, seed, startMs, durationMs }: TruthOptions): string {
  const hostsOf = (generation: string) =>
    fleet.placements.filter(({ placements }) => placements[0]?.generation === generation && placements[0].pool !== '')
      .length;
  const truth = {
    scenario,
    seed,
    start: iso(startMs),
    end: iso(startMs + durationMs),
    hosts: fleet.placements.length,
    capacities: fleet.capacities.map(({ generation, logicalCpus, rcu, lambda100, serviceS }) => ({
      generation,
      hosts: hostsOf(generation),
      logical_cpus: logicalCpus,
      // null = withheld by the source; lambda100 is the model's all the same.
      rcu: rcu ?? null,
      lambda100,
      service_ms: serviceS * 1_000,
    })),
    faults: fleet.faultTruths().map(({ kind, test, host, startMs, endMs, size }) => ({
      host,
      kind,
      test: test ?? null,
      start: iso(startMs),
      end: iso(endMs),
      size,
    })),
  };
  return `${JSON.stringify(truth, undefined, 2)}\n`;
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString();

/** The fleet's inventory as `topology.yaml`, for `topology apply` and `replay --topology`. */
export function topologyYaml({ services, placements }: Pick<Fleet, 'services' | 'placements'>): string {
  return stringify({
    services: services.map(({ service, product, topTier, webRelated, reference, owners }) => ({
      service,
      product,
      top_tier: topTier,
      web_related: webRelated,
      reference,
      owners: [...owners],
    })),
    hosts: placements.map(({ host, placements: [place] }) => ({
      host,
      tier: place!.tier,
      service: place!.service,
      region: place!.region,
      datacenter: place!.datacenter,
      rack: place!.rack,
      server_type: place!.serverType,
      generation: place!.generation,
      pool: place!.pool,
      server: place!.server,
      build: place!.build,
      owner: place!.owner,
    })),
  });
}
