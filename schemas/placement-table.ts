import { BoundedMap } from '../base/bounded-map.ts';
import type { HostPlacements } from './records.ts';
import { placementsMax } from './records.ts';
import type { Placement, Placements } from './topology.ts';

/** Far beyond the fleets that one task sees; keeps a runaway inventory from filling the memory. */
const hostsMax = 500_000;

export interface PlacementTableOptions {
  readonly hostsMax?: number;
  /** Told of each host that is forgotten because the table is full: its windows go to `unassigned`. */
  readonly onEvict?: (host: string) => void;
}

/** `topology.hosts.v1` in memory: a host's last placements, newest record wins. Looked up once a host and window. */
export class PlacementTable implements Placements {
  readonly #hosts: BoundedMap<string, readonly Placement[]>;
  #version = 0;
  #newestValidFromMs = Number.NEGATIVE_INFINITY;

  constructor(options: PlacementTableOptions = {}) {
    const { onEvict } = options;
    this.#hosts = new BoundedMap({
      keysMax: options.hostsMax ?? hostsMax,
      ...(onEvict !== undefined && { onEvict: (host: string) => onEvict(host) }),
    });
  }

  get size(): number {
    return this.#hosts.size;
  }

  /** Takes a record as the whole truth about its host; the newest 8 placements are kept. */
  apply(record: HostPlacements): void {
    const ascending = [...record.placements].sort((a, b) => a.validFromMs - b.validFromMs);
    this.#hosts.set(record.host, ascending.slice(-placementsMax));
    this.#version++;
    this.#newestValidFromMs = Math.max(this.#newestValidFromMs, ascending.at(-1)?.validFromMs ?? 0);
  }

  /** For a tombstone: the host is unknown from now on. */
  forget(host: string): void {
    this.#hosts.delete(host);
    this.#version++;
  }

  placementAt(host: string, timeMs: number): Placement | undefined {
    const placements = this.#hosts.get(host);
    if (placements === undefined) return undefined;
    for (let i = placements.length - 1; i >= 0; i--) {
      const placement = placements[i]!;
      if (placement.validFromMs <= timeMs) return placement;
    }
    return undefined;
  }

  /** From the newest change of any host on, nothing but a new record changes a placement. */
  versionAt(timeMs: number): number {
    return timeMs >= this.#newestValidFromMs ? this.#version : Number.NaN;
  }

  /** All that is known of a host, oldest first. */
  placementsOf(host: string): readonly Placement[] {
    return this.#hosts.get(host) ?? [];
  }

  *entries(): IterableIterator<HostPlacements> {
    for (const [host, placements] of this.#hosts.entries()) yield { host, placements };
  }
}
