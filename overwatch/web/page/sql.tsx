import { useState } from 'preact/hooks';
import type { SavedQuery } from '../../api-types.ts';
import { sentenceOf, usePolled } from './api.ts';
import { type QueryResult, ResultTable } from './result-table.tsx';
import type { ChangeUrl, UrlState } from './url-state.ts';

const firstSql = `SELECT tier, count() AS hosts, round(avg(cpu_busy_ratio), 3) AS cpu
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
  const [params, setParams] = useState<Record<string, string>>({});
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'none' });
  const sql = url.sql === '' ? firstSql : url.sql;
  const names = paramNames(sql);
  const address = (format: string) => {
    const search = new URLSearchParams({ sql, format });
    for (const name of names) search.set(`param_${name}`, params[name] ?? '');
    return `/api/query?${search}`;
  };
  const run = async () => {
    setOutcome({ kind: 'running' });
    setOutcome(await ask(address('JSONCompact')));
  };
  return (
    <>
      <div class="table-head">
        <h1>SQL</h1>
        <span class="soft">read-only, database dynoscope</span>
      </div>
      <div class="with-panel">
        <aside class="panel">
          <h2>Saved queries</h2>
          {saved.value?.length === 0 && <p class="soft">None.</p>}
          <ul class="saved">
            {saved.value?.map((query) => (
              <li key={query.name}>
                <button
                  type="button"
                  class="link"
                  onClick={() => {
                    change({ sql: query.sql });
                    setParams(Object.fromEntries(query.params.map(({ name, default: value }) => [name, value ?? ''])));
                    setOutcome({ kind: 'none' });
                  }}
                >
                  {query.name}
                </button>
                <span class="soft">{query.question}</span>
              </li>
            ))}
          </ul>
        </aside>
        <section class="wide">
          <textarea
            aria-label="SQL"
            data-filter
            spellcheck={false}
            rows={Math.min(20, Math.max(6, sql.split('\n').length + 1))}
            value={sql}
            onInput={(event) => change({ sql: event.currentTarget.value })}
            onKeyDown={(event) => {
              if (event.key === 'Escape') event.currentTarget.blur();
              if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              void run();
            }}
          />
          {names.map((name) => (
            <label key={name} class="inline">
              {name}
              <input
                value={params[name] ?? ''}
                onInput={(event) => setParams({ ...params, [name]: event.currentTarget.value })}
              />
            </label>
          ))}
          <div class="table-tools">
            <button type="button" class="primary" disabled={outcome.kind === 'running'} onClick={() => void run()}>
              {outcome.kind === 'running' ? 'Running' : 'Run'}
            </button>
            <span class="soft">Ctrl+Enter</span>
            <a href={`${address('CSV')}&download=true`}>CSV</a>
            <a href={address('JSONCompact')}>JSON</a>
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

/** Names of `{name:Type}` in the SQL, each once. */
const paramNames = (sql: string): string[] => [
  ...new Set([...sql.matchAll(/\{\s*(\w+)\s*:/g)].map((match) => match[1] ?? '')),
];
