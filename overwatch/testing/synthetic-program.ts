import { LiveFleet } from '../live-fleet.ts';
import type { StatusReport } from '../status-report.ts';
import { hostNames, type SyntheticTier, secondOf } from './synthetic-fleet.ts';

/** For tests only: a fleet of one tier with three seconds of values. */
export function fleetForTests(): LiveFleet {
  const fleet = new LiveFleet({ epoch: 1, thisHost: 'real1', rcuOf: () => 1 });
  const web: SyntheticTier = {
    tier: 'web.prod',
    service: 'web',
    hosts: hostNames('web', 12),
    cpu: (index) => (index + 1) / 20,
    hitsPerS: () => 40,
  };
  for (let second = 1; second <= 3; second++)
    for (const message of secondOf([web], { endMs: 1_700_000_000_000 + second * 1_000, sources: 2 }))
      fleet.take(0, message);
  return fleet;
}

/** For tests only: a healthy report. */
export const statusForTests = (): StatusReport => ({
  ready: true,
  version: '0.1.0',
  uptime_s: 60,
  parts: {
    log: { kind: 'embedded', ok: true },
    clickhouse: { kind: 'embedded', ok: true },
    registry: { kind: 'embedded', ok: true },
  },
  hosts: { alive: 13, simulated: 12, real: 1, silent: [] },
  stages: [
    {
      name: 'windows',
      tasks: 4,
      position: 1_700_000_003_000,
      lag_records: 12,
      lag_s: 0.4,
      in: 100,
      windowed: 97,
      undecodable: 1,
      skewed: 0,
      late: 2,
      duplicate: 0,
      missed_seconds: 0,
      last_commit_age_s: 0.3,
      state: 'running',
    },
  ],
  records_per_s: 13,
  rejected: 1,
  problems: [],
});
