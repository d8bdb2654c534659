import type { TierRow } from '../../api-types.ts';
import { TierBadges } from './badges.tsx';
import { amount, dash, milliseconds, percent } from './format.ts';
import { BarAxis, MetricBar } from './metric-bar.tsx';
import { Sparkline } from './sparkline.tsx';
import { isHot } from './tier-rows.ts';
import { type ChangeUrl, type SortKey, type UrlState, urlOf } from './url-state.ts';
import { Value } from './value.tsx';

const columns: readonly { key: SortKey | 'spark'; title: string; hint: string; numeric: boolean }[] = [
  { key: 'service', title: 'Service', hint: 'Service of the tier.', numeric: false },
  { key: 'tier', title: 'Top Tier', hint: 'The tier; a service may have several.', numeric: false },
  { key: 'hosts', title: 'Count', hint: 'Hosts heard within the last 10 s.', numeric: true },
  {
    key: 'rcu',
    title: 'RCU',
    hint: 'Relative capacity units: sum over the hosts of their generation’s RCU. X = not known for that many hosts.',
    numeric: true,
  },
  { key: 'cpu', title: 'CPU Util', hint: 'Busy ratio over hosts: p5 - p25 - p50 - p75 - p95.', numeric: false },
  { key: 'hits', title: 'Hits/s', hint: 'Requests per second, sum over hosts.', numeric: true },
  { key: 'latency', title: 'Latency', hint: 'Mean duration of a request.', numeric: true },
  { key: 'spark', title: 'CPU, 5 min', hint: 'Median CPU over the last 5 minutes, own scale.', numeric: false },
];

export function TierTableView(props: {
  rows: readonly TierRow[];
  reference: string;
  url: UrlState;
  change: ChangeUrl;
}) {
  return (
    <div class="scroll tier-scroll">
      <table class="tiers">
        <thead>
          <tr>
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} url={props.url} change={props.change} />
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <Row key={row.tier} row={row} reference={props.reference} url={props.url} change={props.change} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function HeaderCell({ column, url, change }: { column: (typeof columns)[number]; url: UrlState; change: ChangeUrl }) {
  const { key, title, hint, numeric } = column;
  const isSorted = key === url.sort;
  const direction = url.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" class={numeric ? 'number' : undefined} aria-sort={isSorted ? direction : undefined} title={hint}>
      {key === 'spark' ? (
        title
      ) : (
        <button
          type="button"
          onClick={() =>
            change({ sort: key, descending: isSorted ? !url.descending : key !== 'service' && key !== 'tier' })
          }
        >
          {title}
          <span class="sort-sign" aria-hidden="true">
            {isSorted ? (url.descending ? ' ↓' : ' ↑') : ''}
          </span>
        </button>
      )}
      {key === 'cpu' && <BarAxis />}
    </th>
  );
}

function Row({ row, reference, url, change }: { row: TierRow; reference: string; url: UrlState; change: ChangeUrl }) {
  const hot = isHot(row);
  const open = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    change({ tier: row.tier });
  };
  return (
    <tr data-tier={row.tier}>
      <td>{row.service === '' ? dash : row.service}</td>
      <td>
        <a data-row-link href={urlOf({ ...url, tier: row.tier })} onClick={open}>
          {row.tier}
        </a>{' '}
        <TierBadges row={row} />
      </td>
      <td class="number">{amount(row.hosts)}</td>
      <td class="number">
        <Rcu row={row} />
      </td>
      <td class="bar-cell">
        {row.cpu === null ? (
          <Value text={dash} reason={row.missing['cpu']} />
        ) : (
          <MetricBar five={row.cpu} hot={hot} label={`CPU of ${row.tier}`} />
        )}
        <span class="p50">{percent(row.cpu?.p50, 0)}</span>
        {hot && (
          <span class="hot-sign" title={`${percent(row.versus_reference)} of the median of ${reference}`}>
            ▲ {percent(row.versus_reference)}
            <span class="visually-hidden"> of {reference}</span>
          </span>
        )}
        {row.partial && <span class="badge unknown">partial</span>}
      </td>
      <td class="number">
        <Value text={amount(row.hits_per_s)} reason={row.missing['hits_per_s']} />
      </td>
      <td class="number">
        <Value text={milliseconds(row.latency_ms)} reason={row.missing['latency_ms']} />
      </td>
      <td>
        <Sparkline values={row.spark} />
      </td>
    </tr>
  );
}

/** What is known is summed, hosts of unknown RCU stand beside it as the seed's X: never counted as 0. */
function Rcu({ row }: { row: TierRow }) {
  if (row.rcu_unknown_hosts === 0) return <>{amount(row.rcu)}</>;
  const title = `${row.rcu_unknown_hosts} hosts of a generation whose RCU is not known`;
  if (row.rcu === null) return <abbr title={title}>X</abbr>;
  return (
    <>
      {amount(row.rcu)} <abbr title={title}>+ {row.rcu_unknown_hosts} X</abbr>
    </>
  );
}
