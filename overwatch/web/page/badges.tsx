import type { HostRow, TierRow } from '../../api-types.ts';

/** Says of a whole tier how many of its hosts are not real machines. */
export function TierBadges({ row }: { row: TierRow }) {
  const { hosts, simulated_hosts: simulated, unknown_origin_hosts: unknown } = row;
  return (
    <>
      {simulated > 0 && (
        <span class="badge simulated" title="These hosts are made by the fleet simulator; they are not real machines.">
          {simulated === hosts ? 'simulated' : `${simulated} of ${hosts} simulated`}
        </span>
      )}
      {unknown > 0 && (
        <span class="badge unknown" title="No SystemInfo has come from these hosts yet.">
          {unknown === hosts ? 'origin not known yet' : `${unknown} of unknown origin`}
        </span>
      )}
      {row.has_this_host && <ThisMachine />}
    </>
  );
}

export function HostBadges({ host }: { host: HostRow }) {
  return (
    <>
      {host.simulated === true && (
        <span class="badge simulated" title="Made by the fleet simulator; not a real machine.">
          simulated
        </span>
      )}
      {host.simulated === null && !host.this_host && (
        <span class="badge unknown" title="No SystemInfo has come from this host yet.">
          origin not known yet
        </span>
      )}
      {host.this_host && <ThisMachine />}
    </>
  );
}

const ThisMachine = () => (
  <span class="badge real" title="The machine that this program runs on.">
    this machine
  </span>
);
