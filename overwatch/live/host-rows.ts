import type { HostRow, TierHosts, TierTable } from '../api-types.ts';
import type { HostNow, LiveFleet } from '../live-fleet.ts';
import { orNull } from './tier-history.ts';

/** Newest values of the hosts of one tier, by name; undefined when the tier is not known. */
export function tierHosts(fleet: LiveFleet, name: string, at: { nowMs: number; limit: number }): TierHosts | undefined {
  const tier = fleet.tier(name);
  if (tier === undefined) return undefined;
  const hosts = [...tier.hosts.entries()].map(([, host]) => host);
  const shown = hosts.sort((a, b) => (a.identity.host < b.identity.host ? -1 : 1)).slice(0, at.limit);
  return {
    tier: name,
    now_ms: at.nowMs,
    metrics: [...new Set(shown.flatMap((host) => host.block.metrics))],
    total: hosts.length,
    hosts: shown.map((host) => hostRow(fleet, host)),
  };
}

/** The machine that this program runs on, in whichever tier it was heard last; null while it was not. */
export function thisHostRow(fleet: LiveFleet): TierTable['this_host'] {
  let newest: HostNow | undefined;
  for (const tier of fleet.tiers()) {
    const host = tier.hosts.get(fleet.options.thisHost);
    if (host !== undefined && host.block.windowEndMs > (newest?.block.windowEndMs ?? 0)) newest = host;
  }
  return newest === undefined ? null : { ...hostRow(fleet, newest), tier: newest.identity.tier };
}

function hostRow(fleet: LiveFleet, now: HostNow): HostRow {
  const { identity, block, index } = now;
  const metrics = Object.fromEntries(
    block.metrics.map((metric, column) => [metric, orNull(block.values[column * block.hosts.length + index])]),
  );
  const reasons = block.metrics
    .filter((metric) => metrics[metric] === null)
    .map((metric) => [metric, fleet.unavailableReason(identity.host, metric)] as const)
    .filter(([, reason]) => reason !== undefined);
  return {
    host: identity.host,
    simulated: fleet.isSimulated(identity.host) ?? null,
    this_host: identity.host === fleet.options.thisHost,
    region: identity.region,
    server_type: identity.serverType,
    generation: identity.generation,
    pool: identity.pool,
    build: identity.build,
    rcu: orNull(fleet.options.rcuOf(identity.generation, identity.serverType)),
    time_ms: block.windowEndMs,
    age_s: Math.max(0, ((fleet.newestMs ?? block.windowEndMs) - block.windowEndMs) / 1_000),
    metrics,
    missing: Object.fromEntries(reasons) as Record<string, string>,
  };
}
