import { text } from 'node:stream/consumers';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { readOnlyQuery } from '../../sinks/clickhouse/read-only-query.ts';
import { paramsFor, savedQueries } from '../../sinks/clickhouse/saved-queries.ts';

/** Rows of a saved query as analysts get them: through the guard of read-only SQL. */
export async function savedAnswer<T = Record<string, unknown>>(
  clickHouse: ClickHouse,
  name: string,
  params: Readonly<Record<string, string>> = {},
): Promise<T[]> {
  const query = savedQueries().find((saved) => saved.name === name)!;
  const { body } = await readOnlyQuery(clickHouse, {
    sql: query.sql,
    params: paramsFor(query, params),
    format: 'JSONEachRow',
  });
  const lines = (await text(body)).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as T);
}
