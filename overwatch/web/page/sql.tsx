import { useState } from 'preact/hooks';
import type { SavedQuery } from '../../api-types.ts';
import { sentenceOf, usePolled } from './api.ts';
import { type QueryResult, ResultTable } from './result-table.tsx';
import { SavedQueries } from './saved-queries.tsx';
import { SqlEditor } from './sql-editor.tsx';
import type { ChangeUrl, UrlState } from './url-state.ts';

const firstSql = `SELECT tier, count() AS hosts, countIf(simulated) AS simulated, round(avg(cpu_busy_ratio), 3) AS cpu_busy_ratio
FROM dynoscope.v_host_now
GROUP BY tier
ORDER BY hosts DESC`;

type Outcome =
  | { kind: 'none' }
  | { kind: 'running' }
  | { kind: 'failed'; message: string }
  | { kind: 'done'; result: QueryResult; tookMs: number };

/** Read-only SQL: saved questions, an editor, the answer as a table or a file. */
export function Sql({ url, change }: { url: UrlState; change: ChangeUrl }) {
  const saved = usePolled<readonly SavedQuery[]>('/api/queries', undefined);
  const [params, setParams] = useState<Readonly<Record<string, string>>>({});
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'none' });
  const sql = url.sql === '' ? firstSql : url.sql;
  const addressOf = (format: string) => queryAddress({ sql, format, params });
  const run = async () => {
    setOutcome({ kind: 'running' });
    setOutcome(await ask(addressOf('JSONCompact')));
  };
  const choose = (query: SavedQuery) => {
    change({ sql: query.sql });
    setParams(Object.fromEntries(query.params.map(({ name, default: value }) => [name, value ?? ''])));
    setOutcome({ kind: 'none' });
  };
  return (
    <>
      <div class="table-head">
        <h1>SQL</h1>
        <span class="soft">read-only, database dynoscope</span>
      </div>
      <div class="with-panel">
        <SavedQueries saved={saved} choose={choose} />
        <section class="wide">
          <SqlEditor
            sql={sql}
            onSql={(text) => change({ sql: text })}
            names={paramNames(sql)}
            params={params}
            onParams={setParams}
            run={() => void run()}
          />
          <div class="table-tools">
            <button type="button" class="primary" disabled={outcome.kind === 'running'} onClick={() => void run()}>
              {outcome.kind === 'running' ? 'Running' : 'Run'}
            </button>
            <span class="soft">Ctrl+Enter</span>
            <a href={`${addressOf('CSV')}&download=true`}>CSV</a>
            <a href={`${addressOf('Parquet')}&download=true`}>Parquet</a>
            <a href={addressOf('JSONCompact')}>JSON</a>
          </div>
          <Answer outcome={outcome} />
        </section>
      </div>
    </>
  );
}

function Answer({ outcome }: { outcome: Outcome }) {
  if (outcome.kind === 'failed')
    return (
      <p class="notice problem" role="alert">
        {outcome.message}
      </p>
    );
  return outcome.kind === 'done' ? <ResultTable result={outcome.result} tookMs={outcome.tookMs} /> : null;
}

async function ask(address: string): Promise<Outcome> {
  const startMs = performance.now();
  try {
    const answer = await fetch(address);
    if (!answer.ok) return { kind: 'failed', message: await sentenceOf(answer) };
    return { kind: 'done', result: (await answer.json()) as QueryResult, tookMs: performance.now() - startMs };
  } catch (error) {
    return { kind: 'failed', message: `The server did not answer: ${error instanceof Error ? error.message : error}` };
  }
}

function queryAddress(asked: { sql: string; format: string; params: Readonly<Record<string, string>> }): string {
  const search = new URLSearchParams({ sql: asked.sql, format: asked.format });
  for (const name of paramNames(asked.sql)) search.set(`param_${name}`, asked.params[name] ?? '');
  return `/api/query?${search}`;
}

/** Names of `{name:Type}` in the SQL, each once. */
const paramNames = (sql: string): string[] => [
  ...new Set([...sql.matchAll(/\{\s*(\w+)\s*:/g)].map((match) => match[1] ?? '')),
];
