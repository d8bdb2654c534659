import { text } from 'node:stream/consumers';
import type { ReadOnlyQuery } from '../read-only-query.ts';

/** Answers one statement as rows by the names of its columns. */
export type QueryRows = (sql: string, params?: Readonly<Record<string, string>>) => Promise<Row[]>;

/** A row, with readers that do not trust the engine's way of writing numbers. */
export class Row {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  text(name: string): string {
    return String(this.#values[name] ?? '');
  }

  /** An empty text is none. */
  textOrNull(name: string): string | null {
    const value = this.text(name);
    return value === '' ? null : value;
  }

  number(name: string): number {
    return Number(this.#values[name] ?? 0);
  }

  numberOrNull(name: string): number | null {
    const value = this.#values[name];
    return value === null || value === undefined ? null : Number(value);
  }
}

/** Asks through the gate that the queries of people pass, too: no more run at a time than ClickHouse is to bear. */
export const queryRows =
  (queries: ReadOnlyQuery): QueryRows =>
  async (sql, params = {}) => {
    // Others may wait for the same answer: that one reader goes does not end it.
    const { signal } = new AbortController();
    const { body } = await queries({ sql, params, format: 'JSONEachRow', signal });
    const lines = (typeof body === 'string' || Buffer.isBuffer(body) ? body.toString() : await text(body)).split('\n');
    return lines.filter((line) => line !== '').map((line) => new Row(JSON.parse(line) as Record<string, unknown>));
  };
