import { useState } from 'preact/hooks';
import type { HostRow, TierHosts } from '../../api-types.ts';
import { usePolled } from './api.ts';
import { HostBadges } from './badges.tsx';
import { age, amount, reasonText } from './format.ts';
import { metricText } from './this-machine.tsx';
import type { ChangeUrl, UrlState } from './url-state.ts';
import { Value } from './value.tsx';

const pageSize = 200;
const silentAfterS = 10;

interface HostSort {
  readonly by: string;
  readonly descending: boolean;
}

/** Hosts of one tier with their newest values, asked again every 2 s. */
export function HostTable(props: { tier: string; paused: boolean; url: UrlState; change: ChangeUrl }) {
  const { tier, paused, url, change } = props;
  const [shownMax, setShownMax] = useState(pageSize);
  const [sort, setSort] = useState<HostSort>({ by: 'host', descending: false });
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
  // A column of dashes says less than one sentence.
  const present = value.metrics.filter((metric) => hosts.some((host) => host.metrics[metric] !== null));
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
      <div class="scroll host-scroll">
        <table class="hosts">
          <thead>
            <tr>
              <SortHeader by="host" numeric={false} sort={sort} onSort={setSort} />
              <th scope="col">region</th>
              <th scope="col">generation</th>
              {present.map((metric) => (
                <SortHeader key={metric} by={metric} numeric={true} sort={sort} onSort={setSort} />
              ))}
              <SortHeader by="age" numeric={true} sort={sort} onSort={setSort} />
            </tr>
          </thead>
          <tbody>
            {hosts.slice(0, shownMax).map((host) => (
              <HostLine key={host.host} host={host} metrics={present} />
            ))}
          </tbody>
        </table>
      </div>
      {hosts.length > 0 && (
        <AbsentMetrics hosts={hosts} absent={value.metrics.filter((name) => !present.includes(name))} />
      )}
      {hosts.length > shownMax && (
        <button type="button" class="link" onClick={() => setShownMax(shownMax + 5 * pageSize)}>
          show {Math.min(5 * pageSize, hosts.length - shownMax)} more
        </button>
      )}
    </>
  );
}

function SortHeader(props: { by: string; numeric: boolean; sort: HostSort; onSort: (sort: HostSort) => void }) {
  const { by, numeric, sort, onSort } = props;
  const isSorted = sort.by === by;
  return (
    <th
      scope="col"
      class={numeric ? 'number' : undefined}
      aria-sort={isSorted ? (sort.descending ? 'descending' : 'ascending') : undefined}
    >
      <button type="button" onClick={() => onSort({ by, descending: isSorted ? !sort.descending : numeric })}>
        {by}
        {isSorted ? (sort.descending ? ' ↓' : ' ↑') : ''}
      </button>
    </th>
  );
}

/** Metrics that none of these hosts has, by the reason that the hosts give. */
function AbsentMetrics({ hosts, absent }: { hosts: readonly HostRow[]; absent: readonly string[] }) {
  if (absent.length === 0) return null;
  const byReason = new Map<string, string[]>();
  for (const metric of absent) {
    const reason = reasonText(hosts.map((host) => host.missing[metric]).find((given) => given !== undefined));
    byReason.set(reason, [...(byReason.get(reason) ?? []), metric]);
  }
  return (
    <p class="soft absent-metrics">
      Without a value on {hosts.length === 1 ? 'this host' : 'all of these hosts'}:{' '}
      {[...byReason].map(([reason, metrics]) => `${metrics.join(', ')} (${reason})`).join('; ')}.
    </p>
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

function order(a: HostRow, b: HostRow, { by, descending }: HostSort): number {
  const byName = a.host < b.host ? -1 : 1;
  if (by === 'host') return descending ? -byName : byName;
  const left = by === 'age' ? a.age_s : (a.metrics[by] ?? null);
  const right = by === 'age' ? b.age_s : (b.metrics[by] ?? null);
  if (left === null || right === null) return Number(left === null) - Number(right === null) || byName;
  return (descending ? right - left : left - right) || byName;
}
