import type { TierRow, TierSeries, TierTable } from '../api-types.ts';
import { type HostNow, hostAliveMs, type LiveFleet, type TierNow } from '../live-fleet.ts';
import { fiveNumbers } from './five-numbers.ts';
import { thisHostRow } from './host-rows.ts';
import { orNull } from './tier-history.ts';
import { columnOf } from './tier-second.ts';

/** The tier table as it is now, most hosts first. */
export function tierTable(fleet: LiveFleet, nowMs: number): TierTable {
  const referenceP50 = referenceCpuP50(fleet);
  const tiers = [...fleet.tiers()]
    .map((tier) => tierRow(fleet, tier, referenceP50))
    .filter((row) => row !== undefined)
    .sort((a, b) => b.hosts - a.hosts || (a.tier < b.tier ? -1 : 1));
  return {
    now_ms: nowMs,
    time_ms: fleet.newestMs ?? null,
    reference: { service: fleet.options.referenceService, cpu_p50: orNull(referenceP50) },
    this_host: thisHostRow(fleet),
    tiers,
    partial_seconds: fleet.partialSeconds,
    late_blocks: fleet.lateBlocks,
  };
}

/** The last 5 minutes of one tier; undefined when it is not known. */
export function tierSeries(fleet: LiveFleet, name: string): TierSeries | undefined {
  const tier = fleet.tier(name);
  return tier === undefined ? undefined : { tier: name, service: tier.service, ...tier.history.series() };
}

/** Hosts heard within the last 10 s before the newest second of the fleet. */
export function aliveHosts(fleet: LiveFleet, tier: TierNow): HostNow[] {
  const newestMs = fleet.newestMs ?? 0;
  return [...tier.hosts.entries()]
    .map(([, host]) => host)
    .filter((host) => host.block.windowEndMs > newestMs - hostAliveMs);
}

function tierRow(fleet: LiveFleet, tier: TierNow, referenceP50: number | undefined): TierRow | undefined {
  const newest = tier.newest;
  const hosts = aliveHosts(fleet, tier);
  if (newest === undefined || hosts.length === 0) return undefined;
  const origins = hosts.map((host) => fleet.isSimulated(host.identity.host));
  const rcus = hosts.map((host) => fleet.options.rcuOf(host.identity.generation, host.identity.serverType));
  const known = rcus.filter((rcu) => rcu !== undefined);
  const isReference = tier.service === fleet.options.referenceService;
  const comparable = !isReference && newest.cpu !== undefined && referenceP50 !== undefined && referenceP50 > 0;
  const row = {
    tier: tier.tier,
    service: tier.service,
    hosts: hosts.length,
    simulated_hosts: origins.filter((origin) => origin === true).length,
    unknown_origin_hosts: origins.filter((origin) => origin === undefined).length,
    has_this_host: hosts.some((host) => host.identity.host === fleet.options.thisHost),
    regions: distinct(hosts.map((host) => host.identity.region)),
    generations: distinct(hosts.map((host) => host.identity.generation)),
    rcu: known.length === 0 ? null : known.reduce((sum, rcu) => sum + rcu, 0),
    rcu_unknown_hosts: rcus.length - known.length,
    cpu: newest.cpu ?? null,
    cpu_hosts: newest.cpuHosts,
    versus_reference: comparable && newest.cpu !== undefined ? newest.cpu.p50 / referenceP50 : null,
    hits_per_s: orNull(newest.hitsPerS),
    latency_ms: orNull(newest.latencyMs),
    time_ms: newest.timeMs,
    partial: tier.newestIsPartial,
    spark: tier.history.spark(fleet.newestMs ?? newest.timeMs),
  };
  return { ...row, missing: missingOf(fleet, row, hosts) };
}

type Blanks = Pick<TierRow, 'cpu' | 'hits_per_s' | 'latency_ms' | 'rcu'>;

/** The reason that a host of the tier gave for each blank; hosts of a tier are alike. */
function missingOf(fleet: LiveFleet, row: Blanks, hosts: readonly HostNow[]): Record<string, string> {
  const { cpuBusyRatio, hitsPerS, latencyMs } = fleet.options.metricRoles;
  const reason = (metric: string) =>
    hosts.map((host) => fleet.unavailableReason(host.identity.host, metric)).find((says) => says !== undefined) ??
    'not_reported';
  return {
    ...(row.cpu === null && { cpu: reason(cpuBusyRatio) }),
    ...(row.hits_per_s === null && { hits_per_s: reason(hitsPerS) }),
    ...(row.latency_ms === null && { latency_ms: row.hits_per_s === 0 ? 'no_requests' : reason(latencyMs) }),
    ...(row.rcu === null && { rcu: 'rcu_of_generation_unknown' }),
  };
}

/** p50 over all hosts of the reference service, whatever their tier, each in its newest second. */
function referenceCpuP50(fleet: LiveFleet): number | undefined {
  const { referenceService, metricRoles } = fleet.options;
  const values: number[] = [];
  for (const tier of fleet.tiers()) {
    if (tier.service !== referenceService) continue;
    for (const host of aliveHosts(fleet, tier))
      values.push(columnOf(host.block, metricRoles.cpuBusyRatio)[host.index] ?? Number.NaN);
  }
  return fiveNumbers(values)?.p50;
}

const distinct = (values: readonly string[]): string[] => [...new Set(values)].filter((value) => value !== '').sort();
