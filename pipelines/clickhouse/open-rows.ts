import { newRows } from '../../sinks/clickhouse/new-rows.ts';
import type { RowWriter } from '../../sinks/clickhouse/row-writer.ts';
import type { LoggedValue, RowKind } from '../../sinks/clickhouse/rows/row-kind.ts';
import type { InsertOutput } from '../runtime/stage.ts';
import type { FeedTask } from './feeds.ts';
import { insertOf } from './insert-of.ts';

/** Rows of one table that no insert has yet, of a topic without windows. */
export class OpenRows<T> {
  readonly table: string;
  readonly #kind: RowKind<LoggedValue<T>>;
  readonly #task: FeedTask;
  readonly #insertedThrough: number;
  #rows: RowWriter;
  #firstOffset = 0;
  #lastOffset = 0;

  /** Records up to `insertedThrough` are in ClickHouse. */
  constructor(kind: RowKind<LoggedValue<T>>, task: FeedTask, insertedThrough: number) {
    this.table = kind.table;
    this.#kind = kind;
    this.#task = task;
    this.#insertedThrough = insertedThrough;
    this.#rows = newRows(task.rowFormat, kind.columns);
  }

  get rowCount(): number {
    return this.#rows.rowCount;
  }

  /** Offset of the first record with a row; undefined = no row is open. */
  get firstOffset(): number | undefined {
    return this.rowCount === 0 ? undefined : this.#firstOffset;
  }

  isInserted(offset: number): boolean {
    return offset <= this.#insertedThrough;
  }

  /** The rows of a record: none where ClickHouse has them, or where this table takes none of it. */
  append(logged: LoggedValue<T>): void {
    if (this.isInserted(logged.offset)) return;
    const { src, start } = this.#task;
    const before = this.rowCount;
    this.#kind.append(this.#rows, logged, { src, epoch: start.identity.epoch });
    if (this.rowCount === before) return;
    if (before === 0) this.#firstOffset = logged.offset;
    this.#lastOffset = logged.offset;
  }

  /** All open rows as one insert; undefined when there is none. */
  giveOut(): InsertOutput | undefined {
    const rows = this.#rows;
    if (rows.rowCount === 0) return undefined;
    const { src, start, rowFormat } = this.#task;
    this.#rows = newRows(rowFormat, this.#kind.columns);
    const token = `${this.table}:${src}:${start.identity.epoch}:${this.#firstOffset}-${this.#lastOffset}`;
    return insertOf(this.#kind, token, rows);
  }
}
