import { hostAliveMs, type LiveFleet } from '../../overwatch/live-fleet.ts';
import type { HostsReport } from '../../overwatch/status-report.ts';

/** Most names of silent hosts that a report carries. */
const silentMax = 100;

/** Which hosts speak, by the newest second that has closed. */
export function hostsReport(live: LiveFleet): HostsReport {
  const newestMs = live.newestMs ?? 0;
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
