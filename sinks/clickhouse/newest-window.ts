import { ask } from './ask.ts';
import type { ClickHouse } from './connection.ts';
import { databaseName, resumeColumnOf } from './tables.ts';

export interface ResumeQuestion {
  readonly table: string;
  /** The topic-partition whose rows are meant: `dyno.counters.v1-3`. */
  readonly src: string;
  readonly epoch: number;
}

/**
 * The newest window (or slot) of this source that ClickHouse holds, in ms, or undefined when it holds none: the second
 * line of defence against doubles, beyond the tokens' window. Inserts of one source are made in order, each is atomic.
 */
export async function newestWindow(clickHouse: ClickHouse, question: ResumeQuestion): Promise<number | undefined> {
  const column = resumeColumnOf(question.table);
  const rows = await ask(clickHouse, {
    sql: `SELECT toUnixTimestamp64Milli(toDateTime64(max(${column}), 3)) AS newest_ms, count() AS n
FROM ${databaseName}.${question.table} WHERE src = {src:String} AND epoch = {epoch:UInt32}`,
    params: { src: question.src, epoch: question.epoch },
    role: 'sink',
  });
  const row = rows[0];
  return row === undefined || Number(row['n']) === 0 ? undefined : Number(row['newest_ms']);
}
