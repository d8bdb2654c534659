import type { UtilizationRow } from '../../load-tests/api-types.ts';
import { dash, percent } from './format.ts';
import { Head, type TableProps, TierCell } from './load-test-tables.tsx';
import { Value } from './value.tsx';

/** How much of what they can take the hosts of each generation have to do. Nothing stands there before a test. */
export function UtilizationTable({ report, rows }: TableProps) {
  if (report.utilization.length === 0) return null;
  return (
    <section aria-label="Utilization by generation">
      <div class="table-head">
        <h2>Utilization by generation</h2>
        <span class="soft">
          Hits/s of each host over its λ100, newest complete 10 s; the interval is that of the capacity. At 100 % hits
          wait 100 ms.
        </span>
      </div>
      <div class="scroll">
        <table class="load-test-table utilization">
          <Head
            names={['Tier', 'Generation']}
            numbers={['Hosts', 'Least', 'Median', 'Most']}
            more={['What is to be known']}
          />
          <tbody>
            {report.utilization.map((row) => (
              <UtilizationLine key={`${row.tier} ${row.generation}`} row={row} rows={rows} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function UtilizationLine({ row, rows }: { row: UtilizationRow; rows: TableProps['rows'] }) {
  const { tier, generation, hosts, known_hosts: known } = row;
  const why = row.reason ?? undefined;
  return (
    <tr data-utilization={`${tier} ${generation}`}>
      <TierCell tier={tier} rows={rows} />
      <td>{generation === '' ? 'not known' : generation}</td>
      <td class="number">{known === hosts ? hosts : `${known} of ${hosts}`}</td>
      <td class="number">
        <Value text={percent(row.min)} reason={why} />
      </td>
      <td class="number">
        <Value text={medianText(row)} reason={why} />
      </td>
      <td class="number">
        <Value text={percent(row.max)} reason={why} />
      </td>
      <td class="reason">{row.reason !== null && <span class="soft">{row.reason}</span>}</td>
    </tr>
  );
}

function medianText({ median, median_lo: lo, median_hi: hi }: UtilizationRow): string {
  if (median === null) return dash;
  return lo === null || hi === null ? percent(median) : `${percent(median)} (${percent(lo)}–${percent(hi)})`;
}
