import type { TierRow, TierSeries } from '../../api-types.ts';
import { TierBadges } from './badges.tsx';
import { Chart, type ChartSpec } from './chart.tsx';
import { amount, milliseconds, percent } from './format.ts';
import { HostTable } from './host-table.tsx';
import type { Live } from './live.ts';
import { useTierSeries } from './tier-series.ts';
import { type ChangeUrl, type UrlState, urlOf } from './url-state.ts';

/** One tier: the last 5 minutes and its hosts. */
export function TierDetail({ live, url, change }: { live: Live; url: UrlState; change: ChangeUrl }) {
  const row = live.snapshot?.tiers.tiers.find((each) => each.tier === url.tier);
  const { series, error } = useTierSeries(url.tier, row);
  return (
    <>
      <p class="crumbs">
        <a
          href={urlOf({ ...url, tier: '' })}
          onClick={(event) => {
            event.preventDefault();
            change({ tier: '' });
          }}
        >
          ← All tiers
        </a>
      </p>
      <div class="table-head">
        <h1>{url.tier}</h1>
        {row !== undefined && <TierBadges row={row} />}
      </div>
      {row !== undefined && <Facts row={row} />}
      {error !== undefined && <p class="notice problem">{error}</p>}
      {series !== undefined && (
        <div class="charts">
          {chartsOf(series).map((spec) => (
            <Chart key={`${series.tier} ${spec.title}`} spec={spec} />
          ))}
        </div>
      )}
      {/* Of a tier that is not known the hosts would only say the same once more. */}
      {(row !== undefined || error === undefined) && (
        <>
          <h2>Hosts</h2>
          <HostTable tier={url.tier} paused={live.paused} url={url} change={change} />
        </>
      )}
    </>
  );
}

function Facts({ row }: { row: TierRow }) {
  const facts: readonly (readonly [string, string])[] = [
    ['Service', row.service === '' ? '–' : row.service],
    ['Hosts', amount(row.hosts)],
    [
      'RCU',
      row.rcu_unknown_hosts === 0
        ? amount(row.rcu)
        : `${row.rcu === null ? '' : `${amount(row.rcu)} + `}${row.rcu_unknown_hosts} X`,
    ],
    ['CPU median', percent(row.cpu?.p50, 1)],
    ['Hits/s', amount(row.hits_per_s)],
    ['Latency', milliseconds(row.latency_ms)],
    ['Regions', row.regions.join(', ') || '–'],
    ['Generations', row.generations.join(', ') || '–'],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const chartsOf = (series: TierSeries): ChartSpec[] => [
  {
    title: 'How busy are its CPUs?',
    unit: '% busy',
    format: amount,
    most: 100,
    timesMs: series.time_ms,
    lines: [
      { label: 'p95', values: inPercent(series.cpu_p95) },
      { label: 'p75', values: inPercent(series.cpu_p75) },
      { label: 'p50', values: inPercent(series.cpu_p50), colour: '--text', width: 1.5 },
      { label: 'p25', values: inPercent(series.cpu_p25) },
      { label: 'p5', values: inPercent(series.cpu_p5) },
    ],
    bands: [
      { between: [0, 4], colour: '--bar-outer' },
      { between: [1, 3], colour: '--bar-inner' },
    ],
  },
  {
    title: 'How many requests does it serve?',
    unit: 'hits/s',
    format: amount,
    timesMs: series.time_ms,
    lines: [{ label: 'hits', values: series.hits_per_s, colour: '--series-hits' }],
  },
  {
    title: 'How long does a request take?',
    unit: 'ms, mean',
    format: amount,
    timesMs: series.time_ms,
    lines: [{ label: 'latency', values: series.latency_ms, colour: '--series-latency' }],
  },
];

const inPercent = (ratios: readonly (number | null)[]): (number | null)[] =>
  ratios.map((ratio) => (ratio === null ? null : ratio * 100));
