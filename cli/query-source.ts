import { Readable } from 'node:stream';
import { DynoError, messageOf } from '../base/errors.ts';
import type { Settings } from '../base/settings/settings.ts';
import { type ApiAddress, readApiFile } from '../overwatch/api-file.ts';
import type { ReadOnlyQuery } from '../sinks/clickhouse/read-only-query.ts';

/** Whatever can answer read-only SQL. */
export interface QuerySource {
  ask(query: ReadOnlyQuery): Promise<Readable>;
  close(): Promise<void>;
}

/**
 * The server of the settings; else the running program, which alone has its embedded engine, through its HTTP API;
 * else, when nothing runs, the engine on the data directory itself.
 */
export async function openQuerySource(settings: Settings): Promise<QuerySource> {
  const running = settings.clickhouse.url === undefined ? await runningApi(settings.dataDir) : undefined;
  if (running !== undefined) {
    return { ask: (query) => askOverHttp(running.url, query), close: () => Promise.resolve() };
  }
  const { openConfiguredClickHouse } = await import('../sinks/clickhouse/open-configured.ts');
  const { readOnlyQuery } = await import('../sinks/clickhouse/read-only-query.ts');
  const clickHouse = await openConfiguredClickHouse(settings);
  return {
    ask: async (query) => (await readOnlyQuery(clickHouse, query)).body,
    close: () => clickHouse.close(),
  };
}

/** The address that a living process left in the data directory. */
export async function runningApi(dataDir: string): Promise<ApiAddress | undefined> {
  const address = await readApiFile(dataDir);
  if (address === undefined) return undefined;
  try {
    process.kill(address.pid, 0);
    return address;
  } catch {
    return undefined;
  }
}

async function askOverHttp(url: string, query: ReadOnlyQuery): Promise<Readable> {
  const address = new URL('/api/query', url);
  address.searchParams.set('sql', query.sql);
  address.searchParams.set('format', query.format);
  for (const [name, value] of Object.entries(query.params ?? {})) address.searchParams.set(`param_${name}`, value);
  let answer: Response;
  try {
    answer = await fetch(address, query.signal === undefined ? {} : { signal: query.signal });
  } catch (cause) {
    throw new DynoError('DYNO_CLI_NOT_RUNNING', `the running program does not answer on ${url}: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (!answer.ok) throw await errorOf(answer);
  return answer.body === null ? Readable.from([]) : Readable.fromWeb(answer.body);
}

/** The API's own error, passed on with its code. */
async function errorOf(answer: Response): Promise<DynoError> {
  const text = await answer.text();
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown };
    if (typeof code === 'string' && typeof message === 'string') return new DynoError(code, message);
  } catch {
    // Not our API's words: told as they are.
  }
  return new DynoError('DYNO_CLI_NOT_RUNNING', `${answer.url} answered ${answer.status}: ${text.slice(0, 300)}`);
}
