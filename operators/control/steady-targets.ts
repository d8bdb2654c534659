import type { Weights } from '../../schemas/weight-state.ts';
import { type FoundCapacity, freshCapacity } from './found-capacity.ts';
import { limits } from './limits.ts';
import type { ScheduledHost } from './planned-test.ts';
import { capacityWeights, type ServerCapacity } from './steady-weights.ts';

export interface TargetFacts {
  readonly pool: string;
  /** Weights as the balancer was read last: they say which servers there are. */
  readonly standing: Weights;
  /** All of the tier. */
  readonly hosts: readonly ScheduledHost[];
  readonly capacities: readonly FoundCapacity[];
  readonly capacityAgeMsMax: number;
  readonly weightMax: number;
  readonly nowMs: number;
}

export type Targets = { readonly weights: Weights; readonly words: string } | { readonly because: string };

/** Weights by capacity of a whole pool, or what is not known for them: a part of a pool is never weighed. */
export function targetsByCapacity(facts: TargetFacts): Targets {
  const { pool, standing, hosts, capacities, capacityAgeMsMax, weightMax, nowMs } = facts;
  const well = hosts.filter(({ fresh, healthy }) => fresh && healthy).length;
  if (well < limits.minHealthyRatio * hosts.length)
    return { because: `${well} of ${hosts.length} hosts are fresh and healthy` };
  const ofPool = hosts.filter((host) => host.pool === pool);
  const hostOf = new Map(ofPool.map((host) => [host.server, host]));
  if (hostOf.size < ofPool.length) return { because: `two hosts of ${pool} are one server` };
  const known: (ServerCapacity & { readonly kind: string })[] = [];
  for (const server of standing.keys()) {
    const host = hostOf.get(server);
    if (host === undefined) return { because: `no host of the tier is seen that is server ${server} of ${pool}` };
    const found = freshCapacity(capacities, host, { nowMs, ageMsMax: capacityAgeMsMax });
    const kind = `${host.generation || 'an unknown generation'} on build ${host.build || 'unknown'}`;
    if (found === undefined || host.generation === '')
      return { because: `no capacity of ${kind} was found in ${capacityAgeMsMax / 3_600_000} h` };
    known.push({ server, generation: host.generation, hitsPerS: found.lowHitsPerS, kind });
  }
  if (known.length === 0) return { because: `${pool} has no server` };
  const weights = capacityWeights(known, weightMax);
  const kinds = new Map(known.map(({ kind, server }) => [kind, weights.get(server)!]));
  return { weights, words: [...kinds].map(([kind, weight]) => `${kind} ${weight}`).join(', ') };
}
