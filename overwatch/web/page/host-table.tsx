import { useState } from 'preact/hooks';
import type { HostRow, TierHosts } from '../../api-types.ts';
import { usePolled } from './api.ts';
import { HostBadges } from './badges.tsx';
import { age, amount } from './format.ts';
import { metricText } from './this-machine.tsx';
import type { ChangeUrl, UrlState } from './url-state.ts';
import { Value } from './value.tsx';

const pageSize = 200;
const silentAfterS = 10;

/** Hosts of one tier with their newest values, asked again every 2 s. */
export function HostTable(props: { tier: string; paused: boolean; url: UrlState; change: ChangeUrl }) {
  const { tier, paused, url, change } = props;
  const [shownMax, setShownMax] = useState(pageSize);
  const [sort, setSort] = useState<{ by: string; descending: boolean }>({ by: 'host', descending: false });
  const { value, error } = usePolled<TierHosts>(
    `/api/tiers/${encodeURIComponent(tier)}/hosts`,
    paused ? undefined : 2_000,
  );
  if (value === undefined)
    return <p class={error === undefined ? 'empty' : 'notice problem'}>{error ?? 'Asking for the hosts.'}</p>;
  const filter = url.hostFilter.trim().toLowerCase();
  const hosts = value.hosts
    .filter((host) => host.host.toLowerCase().includes(filter))
    .sort((a, b) => order(a, b, sort));
  const header = (by: string, numeric: boolean) => (
    <th
      key={by}
      scope="col"
      class={numeric ? 'number' : undefined}
      aria-sort={sort.by === by ? (sort.descending ? 'descending' : 'ascending') : undefined}
    >
      <button type="button" onClick={() => setSort({ by, descending: sort.by === by ? !sort.descending : numeric })}>
        {by}
        {sort.by === by ? (sort.descending ? ' ↓' : ' ↑') : ''}
      </button>
    </th>
  );
  return (
    <>
      <div class="table-tools">
        <input
          data-filter
          type="search"
          placeholder="host  ( / )"
          aria-label="Show hosts whose name contains"
          value={url.hostFilter}
          onInput={(event) => change({ hostFilter: event.currentTarget.value })}
        />
        <span class="soft">
          {hosts.length} of {amount(value.total)} hosts
          {value.total > value.hosts.length && `; only the first ${value.hosts.length} by name are sent`}
        </span>
      </div>
      <div class="scroll">
        <table class="hosts">
          <thead>
            <tr>
              {header('host', false)}
              <th scope="col">region</th>
              <th scope="col">generation</th>
              {value.metrics.map((metric) => header(metric, true))}
              {header('age', true)}
            </tr>
          </thead>
          <tbody>
            {hosts.slice(0, shownMax).map((host) => (
              <HostLine key={host.host} host={host} metrics={value.metrics} />
            ))}
          </tbody>
        </table>
      </div>
      {hosts.length > shownMax && (
        <button type="button" class="link" onClick={() => setShownMax(shownMax + 5 * pageSize)}>
          show {Math.min(5 * pageSize, hosts.length - shownMax)} more
        </button>
      )}
    </>
  );
}

function HostLine({ host, metrics }: { host: HostRow; metrics: readonly string[] }) {
  const isSilent = host.age_s > silentAfterS;
  return (
    <tr class={isSilent ? 'silent' : undefined} data-host={host.host}>
      <td>
        {host.host} <HostBadges host={host} />
      </td>
      <td>{host.region === '' ? '–' : host.region}</td>
      <td>{host.generation === '' ? '–' : host.generation}</td>
      {metrics.map((metric) => (
        <td key={metric} class="number">
          <Value text={metricText(metric, host.metrics[metric])} reason={host.missing[metric]} />
        </td>
      ))}
      <td class="number">{isSilent ? `silent ${age(host.age_s * 1_000)}` : age(host.age_s * 1_000)}</td>
    </tr>
  );
}

function order(a: HostRow, b: HostRow, { by, descending }: { by: string; descending: boolean }): number {
  const byName = a.host < b.host ? -1 : 1;
  if (by === 'host') return descending ? -byName : byName;
  const left = by === 'age' ? a.age_s : (a.metrics[by] ?? null);
  const right = by === 'age' ? b.age_s : (b.metrics[by] ?? null);
  if (left === null || right === null) return Number(left === null) - Number(right === null) || byName;
  return (descending ? right - left : left - right) || byName;
}
