import { Filters } from './filters.tsx';
import { Legend } from './legend.tsx';
import type { Live } from './live.ts';
import { Notices } from './notices.tsx';
import { ThisMachine } from './this-machine.tsx';
import { shownTiers } from './tier-rows.ts';
import { TierTableView } from './tier-table-view.tsx';
import type { ChangeUrl, UrlState } from './url-state.ts';

/** Comparison across services: one row a tier, live. */
export function Comparison({ live, url, change }: { live: Live; url: UrlState; change: ChangeUrl }) {
  const { snapshot } = live;
  if (snapshot === undefined) return <p class="empty">Waiting for the server.</p>;
  const shown = shownTiers(snapshot.tiers.tiers, url);
  const hidden = [
    shown.small > 0 && `${shown.small} with fewer than ${url.minHosts} hosts`,
    shown.beyondTop > 0 && `${shown.beyondTop} beyond the top ${url.top}`,
  ].filter((says) => says !== false);
  return (
    <>
      <Notices snapshot={snapshot} />
      {snapshot.tiers.this_host !== null && <ThisMachine host={snapshot.tiers.this_host} change={change} />}
      <div class="with-panel">
        <aside>
          <Filters url={url} change={change} />
          <Legend reference={snapshot.tiers.reference} />
        </aside>
        <section class="wide" aria-label="Tiers">
          <div class="table-head">
            <h1>Comparison across services</h1>
            <span class="soft">
              {shown.rows.length} of {shown.total} tiers
              {hidden.length > 0 && <> · hidden: {hidden.join(', ')} </>}
              {hidden.length > 0 && (
                <button type="button" class="link" onClick={() => change({ minHosts: 0, top: 1_000 })}>
                  show all
                </button>
              )}
            </span>
          </div>
          {shown.rows.length > 0 ? (
            <TierTableView rows={shown.rows} reference={snapshot.tiers.reference.service} url={url} change={change} />
          ) : (
            <EmptyTable total={shown.total} prefix={url.prefix} />
          )}
        </section>
      </div>
    </>
  );
}

function EmptyTable({ total, prefix }: { total: number; prefix: string }) {
  if (total > 0)
    return (
      <p class="empty">
        {prefix === '' ? 'No tier matches these selections.' : `No service or tier begins with “${prefix}”.`}
      </p>
    );
  return (
    <p class="empty">
      No complete second has come yet. The first one takes a few seconds after the start; the Pipeline page says what is
      held up if it takes longer.
    </p>
  );
}
