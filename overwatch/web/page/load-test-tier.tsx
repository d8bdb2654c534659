import type { TierRow } from '../../api-types.ts';
import type { LoadTestDecision, LoadTestSeries, LoadTestsReport, SteeredTier } from '../../load-tests/api-types.ts';
import { usePolled } from './api.ts';
import { TierBadges } from './badges.tsx';
import { Chart, type ChartSpec } from './chart.tsx';
import { age, amount, dash, milliseconds } from './format.ts';
import { capacityText } from './load-test-format.ts';
import type { ChangeUrl } from './url-state.ts';

const askedEveryMs = 2_000;
/** A controller decides each second: what is older than this is not what it does now. */
const oldAfterMs = 10_000;
/** Contention that is the capacity by definition. */
const fullMs = 100;

interface LoadTestTierProps {
  readonly steered: SteeredTier;
  readonly report: LoadTestsReport;
  /** Of the live table; undefined = no host of the tier has been heard. */
  readonly row: TierRow | undefined;
  readonly paused: boolean;
  readonly change: ChangeUrl;
}

/** One steered tier: what its controller does and why, and the last 15 minutes of its panel. */
export function LoadTestTier({ steered, report, row, paused, change }: LoadTestTierProps) {
  const { tier, is_steered, decision } = steered;
  const { value: series, error } = usePolled<LoadTestSeries>(
    decision === null ? undefined : `/api/loadtests/${encodeURIComponent(tier)}/series`,
    paused ? undefined : askedEveryMs,
  );
  return (
    <section class="load-test" data-steered={tier} aria-label={tier}>
      <div class="table-head">
        <h2>
          <a
            href={`/?tier=${encodeURIComponent(tier)}`}
            onClick={(event) => {
              event.preventDefault();
              change({ tab: 'comparison', tier });
            }}
          >
            {tier}
          </a>
        </h2>
        {row === undefined ? <span class="badge unknown">no host heard</span> : <TierBadges row={row} />}
        {!is_steered && (
          <span class="badge unknown" title="A controller spoke of it in the last hour; nothing names it now.">
            not steered any more
          </span>
        )}
      </div>
      {decision === null ? <Silent tier={tier} report={report} /> : <Now decision={decision} nowMs={report.now_ms} />}
      {error !== undefined && <p class="notice problem">{error}</p>}
      {series !== undefined && series.time_ms.length > 0 && (
        <div class="charts">
          {chartsOf(series).map((spec) => (
            <Chart key={spec.title} spec={spec} />
          ))}
        </div>
      )}
    </section>
  );
}

function Silent({ tier, report }: { tier: string; report: LoadTestsReport }) {
  const newest = report.runs.find((run) => run.tier === tier);
  return (
    <p class="soft">
      Its controller has said nothing for an hour.{' '}
      {newest === undefined
        ? 'Nothing has been tested yet.'
        : `Its last test ended ${age(report.now_ms - newest.ended_ms)} ago: ${newest.outcome}.`}
    </p>
  );
}

function Now({ decision, nowMs }: { decision: LoadTestDecision; nowMs: number }) {
  const agoMs = nowMs - decision.time_ms;
  const isOld = agoMs > oldAfterMs;
  const isOver = decision.contention_ms !== null && decision.contention_ms > fullMs;
  const { hits_per_s: has, target_hits_per_s: shall } = decision;
  const facts: readonly (readonly [name: string, value: string, wrong?: boolean])[] = [
    ['Phase', decision.phase],
    ['Last decision', `${decision.action.replace('_', ' ')}, ${age(agoMs)} ago`, isOld],
    ['Rail', decision.rail ?? 'none'],
    ['Contention, 10 s', milliseconds(decision.contention_ms), isOver],
    ['Load of a panel host', has === null ? dash : `${amount(has)} hits/s`],
    ['Load wanted', shall === null ? dash : `${amount(shall)} hits/s`],
    ['Weights', decision.factor === null ? dash : `${decision.factor.toFixed(2)} × safe`],
    ['Estimate so far, hits/s', capacityText(decision)],
  ];
  return (
    <>
      <dl class="facts">
        {facts.map(([name, value, wrong = false]) => (
          <div key={name} class={wrong ? 'wrong' : undefined}>
            <dt>{name}</dt>
            <dd>
              {wrong ? '▲ ' : ''}
              {value}
            </dd>
          </div>
        ))}
      </dl>
      <p class="why">
        <span class="soft">Why: </span>
        {decision.reason}
      </p>
    </>
  );
}

const chartsOf = (series: LoadTestSeries): ChartSpec[] => [
  {
    title: 'How long do hits wait on the panel?',
    unit: 'ms, mean of 10 s',
    format: amount,
    timesMs: series.time_ms,
    lines: [
      { label: 'contention', values: series.contention_ms, colour: '--series-latency' },
      { label: '100 ms', values: series.time_ms.map(() => fullMs), colour: '--text', width: 1, isLimit: true },
    ],
  },
  {
    title: 'How much load has a host of the panel?',
    unit: 'hits/s',
    format: amount,
    timesMs: series.time_ms,
    lines: [
      { label: 'load', values: series.hits_per_s, colour: '--series-hits' },
      { label: 'wanted', values: series.target_hits_per_s, colour: '--soft', width: 1 },
    ],
  },
  {
    title: 'How far are its weights raised?',
    unit: '× safe weights',
    format: (value) => value.toFixed(2),
    timesMs: series.time_ms,
    lines: [{ label: 'factor', values: series.factor, colour: '--accent' }],
  },
];
