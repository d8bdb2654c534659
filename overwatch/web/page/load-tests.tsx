import type { LoadTestsReport } from '../../load-tests/api-types.ts';
import { usePolled } from './api.ts';
import type { Live } from './live.ts';
import { CapacityTable, RunsTable } from './load-test-tables.tsx';
import { LoadTestTier } from './load-test-tier.tsx';
import { UtilizationTable } from './load-test-utilization.tsx';
import { Notices } from './notices.tsx';
import type { ChangeUrl } from './url-state.ts';

const askedEveryMs = 2_000;

/** Live load tests: what is steered now and why, how the last tests ended, what hosts can take. */
export function LoadTests({ live, change }: { live: Live; change: ChangeUrl }) {
  const { snapshot, paused } = live;
  const { value: report, error } = usePolled<LoadTestsReport>('/api/loadtests', paused ? undefined : askedEveryMs);
  if (snapshot === undefined) return <p class="empty">Waiting for the server.</p>;
  const rows = snapshot.tiers.tiers;
  return (
    <>
      <Notices snapshot={snapshot} />
      <div class="table-head">
        <h1>Load tests</h1>
        <span class="soft">
          A panel of hosts is given more of the tier's own traffic until waits grow towards 100 ms, within guard rails.
        </span>
      </div>
      {error !== undefined && (
        <p class="notice problem" role="alert">
          {error}
        </p>
      )}
      {report === undefined && error === undefined && <p class="empty">Asking for the load tests.</p>}
      {report !== undefined && (
        <>
          <WhatIsMissing report={report} />
          {report.tiers.map((steered) => (
            <LoadTestTier
              key={steered.tier}
              steered={steered}
              report={report}
              row={rows.find(({ tier }) => tier === steered.tier)}
              paused={paused}
              change={change}
            />
          ))}
          <CapacityTable report={report} rows={rows} />
          <UtilizationTable report={report} rows={rows} />
          <RunsTable report={report} rows={rows} />
        </>
      )}
    </>
  );
}

/** Why the page is empty, and what to do about it. */
function WhatIsMissing({ report: { may_steer, tiers } }: { report: LoadTestsReport }) {
  if (!may_steer)
    return (
      <p class="notice missing">
        <b>No tier may be steered: there is no loadtests.yaml.</b> Put one beside the settings file, as
        docs/examples/loadtests.yaml shows, or name it with the setting loadtests_file; then start again.
      </p>
    );
  if (tiers.length === 0)
    return (
      <p class="notice missing">
        <b>No tier may be steered: loadtests.yaml names none.</b> Name a tier in it and start again.
      </p>
    );
  return null;
}
