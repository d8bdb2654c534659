import type { ClickHouse } from './connection.ts';
import { clickHouseError } from './engine-error.ts';
import type { Role } from './roles.ts';

export interface Question {
  readonly sql: string;
  /** Values of `{name:Type}` in the SQL. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly role?: Exclude<Role, 'readonly'>;
  readonly signal?: AbortSignal;
}

/**
 * The program's own questions: the answer as one object a row. The caller parses each row's fields;
 * 64-bit integers come as numbers where they are exact, so ask for nothing beyond 2^53.
 */
export async function ask(
  clickHouse: ClickHouse,
  question: Question,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { sql, params, signal } = question;
  try {
    return await clickHouse.role(question.role ?? 'api').run(
      async (link, abort) => {
        const answer = await link.client.query({
          query: sql,
          format: 'JSONEachRow',
          abort_signal: abort,
          ...(params === undefined ? {} : { query_params: { ...params } }),
        });
        return answer.json<Record<string, unknown>>();
      },
      { signal },
    );
  } catch (error) {
    throw clickHouseError(error, `answer "${sql.trim().slice(0, 120)}"`);
  }
}

/** A statement without an answer: DDL. */
export async function command(clickHouse: ClickHouse, sql: string): Promise<void> {
  try {
    await clickHouse.role('sink').run((link, abort) => link.client.command({ query: sql, abort_signal: abort }));
  } catch (error) {
    throw clickHouseError(error, `run "${sql.trim().slice(0, 120)}"`);
  }
}
