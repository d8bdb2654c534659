import { DynoError } from '../base/errors.ts';
import type { PlacementTable } from './placement-table.ts';
import { type HostPlacements, placementsMax, type ServiceInfo } from './records.ts';
import type { Placement } from './topology.ts';
import { entriesByHost, type Inventory, type InventoryHost } from './topology-inventory.ts';

/** A change must reach every task before the windows that it holds for are closed (allowed lateness 15 s). */
export const noticeMs = 30_000;

export interface TopologyPlan {
  /** Records to append to `topology.hosts.v1`; a host that does not change is not among them. */
  readonly hosts: readonly HostPlacements[];
  /** Records to append to `topology.services.v1`. */
  readonly services: readonly ServiceInfo[];
  readonly unchangedHosts: number;
  readonly unchangedServices: number;
  /** Hosts that the log knows and the file does not name: they stay as they are. */
  readonly unnamedHosts: number;
}

export interface PlanInput {
  readonly inventory: Inventory;
  readonly table: PlacementTable;
  readonly services: ReadonlyMap<string, ServiceInfo>;
  readonly nowMs: number;
}

/**
 * What `topology apply` has to append. Applying the same file twice appends nothing the second time. Throws
 * DYNO_USAGE_TOPOLOGY when a placement would hold for windows that may be closed already: before now + 30 s, unless it
 * is the host's first, which holds from the beginning.
 */
export function planTopology(input: PlanInput): TopologyPlan {
  const named = entriesByHost(input.inventory);
  const hosts: HostPlacements[] = [];
  for (const [host, entries] of named) {
    const known = input.table.placementsOf(host);
    const placements = entries.reduce((list, entry) => placedAnew(list, entry, input.nowMs), known);
    if (placements !== known) hosts.push({ host, placements: placements.slice(-placementsMax) });
  }
  const services = input.inventory.services.filter(
    (service) => !sameService(service, input.services.get(service.service)),
  );
  return {
    hosts,
    services,
    unchangedHosts: named.size - hosts.length,
    unchangedServices: input.inventory.services.length - services.length,
    unnamedHosts: [...input.table.entries()].filter(({ host }) => !named.has(host)).length,
  };
}

/** The inventory as it stands, for replays: each host's entries, without one that says since when from the beginning. */
export const placementsOfInventory = (inventory: Inventory): HostPlacements[] =>
  [...entriesByHost(inventory)].map(([host, entries]) => ({
    host,
    placements: entries
      .map(({ placement, validFromMs }) => ({ ...placement, validFromMs: validFromMs ?? 0 }))
      .slice(-placementsMax),
  }));

/** The same list when nothing changes, else a new one with the entry as its newest placement. */
function placedAnew(known: readonly Placement[], entry: InventoryHost, nowMs: number): readonly Placement[] {
  const newest = known.at(-1);
  if (newest === undefined) return [{ ...entry.placement, validFromMs: entry.validFromMs ?? 0 }];
  if (isKnown(known, newest, entry)) return known;
  const earliestMs = nowMs + noticeMs;
  if (entry.validFromMs !== undefined && entry.validFromMs < earliestMs) throw tooEarly(entry, earliestMs);
  const validFromMs = entry.validFromMs ?? Math.ceil(earliestMs / 1_000) * 1_000;
  // What was announced for later than this is overtaken by it.
  return [...known.filter((other) => other.validFromMs < validFromMs), { ...entry.placement, validFromMs }];
}

function isKnown(known: readonly Placement[], newest: Placement, entry: InventoryHost): boolean {
  const { validFromMs } = entry;
  if (validFromMs === undefined) return samePlacement(newest, entry.placement);
  return known.some((other) => other.validFromMs === validFromMs && samePlacement(other, entry.placement));
}

function samePlacement(known: Placement, wanted: Omit<Placement, 'validFromMs'>): boolean {
  return (Object.keys(wanted) as (keyof typeof wanted)[]).every((key) => known[key] === wanted[key]);
}

function sameService(wanted: ServiceInfo, known: ServiceInfo | undefined): boolean {
  return (
    known !== undefined &&
    known.product === wanted.product &&
    known.topTier === wanted.topTier &&
    known.webRelated === wanted.webRelated &&
    known.reference === wanted.reference &&
    known.owners.join('\n') === wanted.owners.join('\n')
  );
}

function tooEarly(entry: InventoryHost, earliestMs: number): DynoError {
  const iso = (timeMs: number) => new Date(timeMs).toISOString();
  return new DynoError(
    'DYNO_USAGE_TOPOLOGY',
    `${entry.place}: host "${entry.host}" is known, so valid_from ${iso(entry.validFromMs ?? 0)} must be at least 30 s ahead ` +
      `(${iso(earliestMs)} or later); windows before that may be closed. Leave valid_from out to change it as soon as possible`,
    { details: { place: entry.place, host: entry.host, validFromMs: entry.validFromMs, earliestMs } },
  );
}
