/** What ClickHouse answers in the format JSONCompact. */
export interface QueryResult {
  readonly meta: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly (readonly unknown[])[];
  readonly rows: number;
  readonly statistics?: { readonly elapsed: number; readonly rows_read: number };
}

const shownMax = 1_000;
const counted = (rows: number): string => `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`;
const isNumeric = (type: string): boolean => /^(Nullable\()?(U?Int|Float|Decimal)/.test(type);

export function ResultTable({ result, tookMs }: { result: QueryResult; tookMs: number }) {
  const { meta, data, statistics } = result;
  return (
    <>
      <p class="soft">
        {counted(data.length)} in {Math.round(tookMs)} ms
        {statistics !== undefined && `, ${counted(statistics.rows_read)} read`}
        {data.length > shownMax && `; the first ${shownMax} are shown, the CSV has all`}
      </p>
      <div class="scroll">
        <table class="result">
          <thead>
            <tr>
              {meta.map(({ name, type }) => (
                <th key={name} scope="col" class={isNumeric(type) ? 'number' : undefined} title={type}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.slice(0, shownMax).map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={meta[column]?.name} class={isNumeric(meta[column]?.type ?? '') ? 'number' : undefined}>
                    <Cell value={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Cell({ value }: { value: unknown }) {
  if (value === null) return <span class="absent">NULL</span>;
  return <>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</>;
}
