import type { TierRow } from '../../api-types.ts';
import type { CapacityRow, LoadTestRunRow, LoadTestsReport } from '../../load-tests/api-types.ts';
import { TierBadges } from './badges.tsx';
import { age, amount } from './format.ts';
import { capacityText, dayAndTime, rcuText } from './load-test-format.ts';
import { Value } from './value.tsx';

export interface TableProps {
  readonly report: LoadTestsReport;
  /** Live rows: they say which tiers are simulated. */
  readonly rows: readonly TierRow[];
}

/** What one host of each generation can take. */
export function CapacityTable({ report, rows }: TableProps) {
  return (
    <section aria-label="Capacity by generation">
      <div class="table-head">
        <h2>Capacity by generation</h2>
        <span class="soft">
          Hits/s of one host at 100 ms of contention, and over that of an NHM host of the tier, with 95 % intervals.
        </span>
      </div>
      {report.capacity.length === 0 ? (
        <p class="soft">No load test has found a capacity yet.</p>
      ) : (
        <div class="scroll">
          <table class="load-test-table capacity">
            <Head
              names={['Tier', 'Generation', 'Build']}
              numbers={['λ100, hits/s', 'RCU', 'Age']}
              more={['Bottleneck']}
            />
            <tbody>
              {report.capacity.map((row) => (
                <CapacityLine key={`${row.tier} ${row.generation}`} row={row} nowMs={report.now_ms} rows={rows} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function CapacityLine({ row, nowMs, rows }: { row: CapacityRow; nowMs: number; rows: TableProps['rows'] }) {
  const ofOtherBuild = row.reference_build !== null && row.reference_build !== row.build;
  return (
    <tr data-capacity={`${row.tier} ${row.generation}`}>
      <TierCell tier={row.tier} rows={rows} />
      <td>{row.generation}</td>
      <td class="short">{row.build}</td>
      <td class="number">{capacityText(row)}</td>
      <td class="number">
        <Value text={rcuText(row)} reason="no NHM host of this tier has been tested with an answer" />
        {ofOtherBuild && <span class="soft"> NHM on {row.reference_build}</span>}
      </td>
      <td class="number">{age(nowMs - row.time_ms)}</td>
      <td>
        {row.bottleneck === 'cpu' ? 'CPU' : 'not the CPU'}
        {row.extrapolated && <span class="soft"> extrapolated: not seen up to 60 ms</span>}
      </td>
    </tr>
  );
}

/** The last tests, however they ended. */
export function RunsTable({ report, rows }: TableProps) {
  return (
    <section aria-label="Last load tests">
      <div class="table-head">
        <h2>Last load tests</h2>
      </div>
      {report.runs.length === 0 ? (
        <p class="soft">No load test has ended yet.</p>
      ) : (
        <div class="scroll">
          <table class="load-test-table runs">
            <Head
              names={['Ended', 'Tier', 'Generation', 'Build', 'Outcome', 'Reason']}
              numbers={['λ100, hits/s', 'Took, s', 'Worst contention, ms', '> 100 ms, s', '> 150 ms, s']}
            />
            <tbody>
              {report.runs.map((run) => (
                <RunLine key={run.run_id} run={run} rows={rows} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const outcomeSigns: Readonly<Record<string, string>> = { found: '✓', aborted: '▲' };

function RunLine({ run, rows }: { run: LoadTestRunRow; rows: TableProps['rows'] }) {
  return (
    <tr data-run={run.run_id}>
      <td class="short">{dayAndTime(run.ended_ms)}</td>
      <TierCell tier={run.tier} rows={rows} />
      <td>{run.generation}</td>
      <td class="short">{run.build}</td>
      <td class={`outcome-${run.outcome}`}>
        {outcomeSigns[run.outcome] ?? '○'} {run.outcome}
      </td>
      <td class="reason">
        {run.reason}
        {run.rail !== null && <span class="soft"> Rail: {run.rail}</span>}
      </td>
      <td class="number">
        <Value text={capacityText(run)} reason="the test ended without an estimate" />
      </td>
      <td class="number">{amount(run.seconds)}</td>
      <td class="number">{amount(run.max_contention_ms)}</td>
      <td class="number">{run.seconds_over_100}</td>
      <td class="number">{run.seconds_over_150}</td>
    </tr>
  );
}

export function TierCell({ tier, rows }: { tier: string; rows: TableProps['rows'] }) {
  const row = rows.find((each) => each.tier === tier);
  return (
    <td>
      {tier} {row !== undefined && <TierBadges row={row} />}
    </td>
  );
}

interface HeadProps {
  readonly names: readonly string[];
  readonly numbers: readonly string[];
  readonly more?: readonly string[];
}

export function Head({ names, numbers, more = [] }: HeadProps) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        {numbers.map((name) => (
          <th key={name} scope="col" class="number">
            {name}
          </th>
        ))}
        {more.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
