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
 * How far ClickHouse holds this source: the newest window or slot in ms, or the highest record offset, as the table
 * counts; undefined when it holds nothing of it. The second line of defence against doubles, beyond the window of the
 * tokens: inserts of one source are made in order, and each is there whole or not at all.
 */
export async function newestInserted(clickHouse: ClickHouse, question: ResumeQuestion): Promise<number | undefined> {
  const { name, is } = resumeColumnOf(question.table);
  const newest = is === 'time' ? `toUnixTimestamp(max(${name})) * 1000` : `max(${name})`;
  const rows = await ask(clickHouse, {
    sql: `SELECT toFloat64(${newest}) AS newest, count() > 0 AS found
FROM ${databaseName}.${question.table} WHERE src = {src:String} AND epoch = {epoch:UInt32}`,
    params: { src: question.src, epoch: question.epoch },
    role: 'sink',
  });
  const row = rows[0];
  return row === undefined || Number(row['found']) === 0 ? undefined : Number(row['newest']);
}
