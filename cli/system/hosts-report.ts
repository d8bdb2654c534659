import type { Clock } from '../../base/clock.ts';
import { hostAliveMs, type LiveFleet } from '../../overwatch/live-fleet.ts';
import type { HostsReport } from '../../overwatch/status-report.ts';

/** A closed second is this old at most while all is well. */
const aheadOfClosedMs = 10_000;

/** Most names of silent hosts that a report carries. */
const silentMax = 100;

/** Which hosts speak, by the newest second that has closed. */
export function hostsReport(live: LiveFleet, clock: Clock): HostsReport {
  // While the log is away no second closes: then the wall clock says how old the newest one is.
  const newestMs = Math.max(live.newestMs ?? 0, clock.nowMs() - aheadOfClosedMs);
  const silent: string[] = [];
  let alive = 0;
  let simulated = 0;
  for (const tier of live.tiers()) {
    for (const [host, now] of tier.hosts.entries()) {
      if (now.block.windowEndMs <= newestMs - hostAliveMs) {
        if (silent.length < silentMax) silent.push(host);
        continue;
      }
      alive++;
      if (live.isSimulated(host) === true) simulated++;
    }
  }
  return { alive, simulated, real: alive - simulated, silent: silent.sort() };
}
