import { HostTable } from './host-table.tsx';
import type { Live } from './live.ts';
import { Notices } from './notices.tsx';
import type { ChangeUrl, UrlState } from './url-state.ts';

/** Hosts of a tier, every metric of the 1-s data. */
export function Servers({ live, url, change }: { live: Live; url: UrlState; change: ChangeUrl }) {
  const { snapshot } = live;
  if (snapshot === undefined) return <p class="empty">Waiting for the server.</p>;
  const rows = [...snapshot.tiers.tiers].sort((a, b) => (a.tier < b.tier ? -1 : 1));
  const tier = url.tier || (snapshot.tiers.this_host?.tier ?? rows[0]?.tier ?? '');
  if (tier === '') return <p class="empty">No host has been heard yet.</p>;
  return (
    <>
      <Notices snapshot={snapshot} />
      <div class="table-head">
        <h1>Servers</h1>
        <label class="inline">
          Tier
          <select value={tier} onChange={(event) => change({ tier: event.currentTarget.value })}>
            {!rows.some((row) => row.tier === tier) && <option value={tier}>{tier}</option>}
            {rows.map((row) => (
              <option key={row.tier} value={row.tier}>
                {row.tier} ({row.hosts}
                {row.has_this_host ? ', with this machine' : ''})
              </option>
            ))}
          </select>
        </label>
      </div>
      <HostTable tier={tier} paused={live.paused} url={url} change={change} />
    </>
  );
}
