import { problemsOf } from '../../status-report.ts';
import type { Snapshot } from './live.ts';

/** What must be said before any number is read: what is simulated, and what is wrong. */
export function Notices({ snapshot }: { snapshot: Snapshot }) {
  const { tiers, status } = snapshot;
  const hosts = tiers.tiers.reduce((sum, row) => sum + row.hosts, 0);
  const simulated = tiers.tiers.reduce((sum, row) => sum + row.simulated_hosts, 0);
  const problems = problemsOf(status);
  return (
    <>
      {simulated > 0 && (
        <p class="notice simulated">
          <b>
            {simulated} of {hosts} hosts are simulated.
          </b>{' '}
          The fleet simulator in this program makes their numbers; they are not real machines. Every tier and host that
          is simulated says so.
        </p>
      )}
      {problems.length > 0 && (
        <div class="notice problem" role="alert">
          <b>{problems.length === 1 ? 'One problem:' : `${problems.length} problems:`}</b>
          <ul>
            {problems.slice(0, 5).map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
