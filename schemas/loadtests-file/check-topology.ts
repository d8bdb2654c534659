import type { CheckedValue } from '../../base/yaml/checked-value.ts';
import { nearestName } from '../../base/yaml/nearest-name.ts';
import type { Placement } from '../topology.ts';
import type { FaultList } from './fault-list.ts';
import { largestShareMax, panelHostsByShare } from './load-tests.ts';
import type { ReadTier } from './read-tier.ts';

/** A host as the topology places it. */
export interface PlacedHost {
  readonly host: string;
  readonly placement: Pick<Placement, 'tier' | 'pool' | 'server'>;
}

/** Names of a list in a sentence. */
const namesMax = 5;

/** What the file says of hosts that the topology does not know, or has too few of: every fault goes to the list. */
export function checkTopology(tiers: readonly ReadTier[], hosts: readonly PlacedHost[], faults: FaultList): void {
  const byTier = groupedBy(hosts, ({ placement }) => placement.tier);
  const byPool = groupedBy(hosts, ({ placement }) => placement.pool);
  for (const tier of tiers) {
    const name = tier.read.tier;
    const ofTier = name === undefined ? undefined : byTier.get(name);
    if (name !== undefined && ofTier === undefined) {
      const at = tier.fields.get('tier')!;
      faults.add(at.fault(`"${name}" is not a tier of the topology; ${adviceFor(name, byTier)}`));
    }
    for (const { at, pool } of tier.pools) {
      if (pool.name === undefined) continue;
      const ofPool = byPool.get(pool.name) ?? [];
      checkPool({ at, name: pool.name, tier: ofTier === undefined ? undefined : name }, ofPool, byPool, faults);
      checkSafeWeights(tier, pool.name, ofPool, faults);
    }
    if (ofTier !== undefined) checkPanel(tier, ofTier.length, faults);
  }
}

interface NamedPool {
  readonly at: CheckedValue;
  readonly name: string;
  /** undefined where the tier itself is unknown. */
  readonly tier: string | undefined;
}

function checkPool(
  { at, name, tier }: NamedPool,
  ofPool: readonly PlacedHost[],
  byPool: ReadonlyMap<string, unknown>,
  faults: FaultList,
): void {
  if (ofPool.length === 0) {
    faults.add(at.fault(`"${name}" is not a pool that a host of the topology names; ${adviceFor(name, byPool)}`));
    return;
  }
  if (tier === undefined || ofPool.some(({ placement }) => placement.tier === tier)) return;
  const others = [...new Set(ofPool.map(({ placement }) => placement.tier))];
  faults.add(
    at.fault(`pool "${name}" has no host of tier "${tier}", only of ${listed(others)}; name a pool of the tier`),
  );
}

function checkSafeWeights({ read, fields }: ReadTier, pool: string, ofPool: readonly PlacedHost[], faults: FaultList) {
  const safe = read.safeWeights;
  if (safe?.kind !== 'by_server') return;
  const without = ofPool.map(({ placement }) => placement.server).filter((server) => !safe.weights.has(server));
  if (without.length === 0) return;
  const words = `${without.length} servers of pool "${pool}" have no safe weight (${listed(without)})`;
  faults.add(fields.get('safe_weights')!.fault(`${words}; name each of them, or write one number for all`));
}

function checkPanel({ read, fields }: ReadTier, tierHosts: number, faults: FaultList): void {
  const at = fields.get('panel');
  if (at === undefined || read.panelHosts === undefined) return;
  const share = read.largestShare ?? largestShareMax;
  const most = panelHostsByShare(tierHosts, share);
  if (read.panelHosts <= most) return;
  const words =
    read.panelHosts > tierHosts
      ? `a panel of ${read.panelHosts} hosts is larger than tier "${read.tier}", which has ${tierHosts}`
      : `a panel of ${read.panelHosts} hosts is more than ${share} of the ${tierHosts} hosts of tier "${read.tier}"`;
  faults.add(at.fault(`${words}; write at most ${most}, or leave it out for what the limits give`));
}

function adviceFor(name: string, known: ReadonlyMap<string, unknown>): string {
  const names = [...known.keys()].sort();
  if (names.length === 0) return 'the topology has none; name it there first ("dynoscope topology apply")';
  const near = nearestName(name, names);
  return near === undefined ? `known are ${listed(names)}` : `did you mean "${near}"?`;
}

const listed = (names: readonly string[]): string =>
  names.length > namesMax
    ? `${names.slice(0, namesMax).join(', ')} and ${names.length - namesMax} more`
    : names.join(', ');

function groupedBy(hosts: readonly PlacedHost[], keyOf: (host: PlacedHost) => string): Map<string, PlacedHost[]> {
  const groups = new Map<string, PlacedHost[]>();
  for (const host of hosts) {
    const key = keyOf(host);
    if (key === '') continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [host]);
    else group.push(host);
  }
  return groups;
}
