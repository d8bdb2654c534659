import { BoundedMap } from '../../base/bounded-map.ts';
import type { BlockIdentity } from '../../schemas/blocks.ts';
import { type Placement, type Placements, unassignedTier } from '../../schemas/topology.ts';

/** Hosts of one window that share a tier or a service. */
export interface HostGroup {
  /** The tier or service. */
  readonly key: string;
  readonly hosts: readonly BlockIdentity[];
  /** Position of each of them in the window's list of hosts. */
  readonly members: readonly number[];
}

interface KnownIdentity {
  readonly placement: Placement | undefined;
  readonly identity: BlockIdentity;
}

interface LastAnswer {
  readonly hosts: readonly string[];
  /** Of the placements; NaN = they cannot tell. */
  readonly version: number;
  readonly identities: readonly BlockIdentity[];
  readonly groups: readonly HostGroup[];
}

const identitiesMax = 200_000;

/**
 * The host → tier join, as of a window's end: a replay joins as the first run did. A host that topology does not know
 * is in tier `unassigned`, never dropped.
 */
export class HostGroups {
  readonly #placements: Placements;
  /** One object per host as long as its placement stays the same. */
  readonly #identities = new BoundedMap<string, KnownIdentity>({ keysMax: identitiesMax });

  readonly #last: { tier?: LastAnswer; service?: LastAnswer } = {};

  constructor(placements: Placements) {
    this.#placements = placements;
  }

  /**
   * Groups in the order of their keys, hosts in the order given. While hosts and placements stay as they were the
   * answer is the same objects: who encodes them need not do so again.
   */
  groupsOf(hosts: readonly string[], endMs: number, by: 'tier' | 'service'): readonly HostGroup[] {
    // A placement is valid for windows that end after its moment.
    const atMs = endMs - 1;
    const version = this.#placements.versionAt?.(atMs) ?? Number.NaN;
    const last = this.#last[by];
    if (last !== undefined && last.hosts === hosts && last.version === version) return last.groups;
    const identities = hosts.map((host) => this.#identityAt(host, atMs));
    const groups = last !== undefined && sameItems(last.identities, identities) ? last.groups : grouped(identities, by);
    this.#last[by] = { hosts, version, identities, groups };
    return groups;
  }

  #identityAt(host: string, atMs: number): BlockIdentity {
    const placement = this.#placements.placementAt(host, atMs);
    const known = this.#identities.get(host);
    if (known !== undefined && known.placement === placement) return known.identity;
    const identity = identityOf(host, placement);
    this.#identities.set(host, { placement, identity });
    return identity;
  }
}

function grouped(identities: readonly BlockIdentity[], by: 'tier' | 'service'): readonly HostGroup[] {
  const groups = new Map<string, { key: string; hosts: BlockIdentity[]; members: number[] }>();
  for (let member = 0; member < identities.length; member++) {
    const identity = identities[member]!;
    const key = identity[by];
    let group = groups.get(key);
    if (group === undefined) {
      group = { key, hosts: [], members: [] };
      groups.set(key, group);
    }
    group.hosts.push(identity);
    group.members.push(member);
  }
  return [...groups.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function identityOf(host: string, placement: Placement | undefined): BlockIdentity {
  if (placement === undefined)
    return {
      host,
      tier: unassignedTier,
      service: '',
      region: '',
      serverType: '',
      generation: '',
      build: '',
      pool: '',
      server: '',
    };
  const { tier, service, region, serverType, generation, build, pool, server } = placement;
  return { host, tier, service, region, serverType, generation, build, pool, server };
}
