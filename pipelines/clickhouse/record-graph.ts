import { concatMap } from 'rxjs';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { RecordHeaders } from '../../log/port.ts';
import type { LoggedValue, RowKind } from '../../sinks/clickhouse/rows/row-kind.ts';
import type { Checkpoint, InsertOutput, TaskBatch, TaskGraph } from '../runtime/stage.ts';
import type { FeedTask } from './feeds.ts';
import { restoredState } from './insert-sources.ts';
import { OpenRows } from './open-rows.ts';

export interface RecordGraphOptions<T> extends FeedTask {
  readonly topic: string;
  /** Each its table; a record may have rows in several. */
  readonly kinds: readonly RowKind<LoggedValue<T>>[];
  /** Throws on a value that cannot be decoded: it is counted and passed over. */
  readonly decode: (value: Buffer | null, headers: RecordHeaders | undefined) => T;
}

/** Rows of one insert, and the span of append time that it may hold while more records follow. */
const rowsMax = 2_000;
const spanMaxMs = 5_000;

const lines = logLines('pipelines');

/**
 * Rows of a topic without windows. Nothing ticks there, so rows may not wait for a later record: an insert is made when
 * the partition has been read to its end, else by rows or append time. Where it is cut depends on the fetches; what
 * keeps a repeat from doubling is the offset in every row: records up to the highest inserted one are passed over, table
 * by table, as one of two inserts may have been made before a crash.
 */
export function recordGraph<T>(options: RecordGraphOptions<T>): TaskGraph {
  const rows = new RecordRows(options);
  return {
    operator: (batches) => batches.pipe(concatMap((batch) => rows.push(batch))),
    checkpoint: () => rows.checkpoints(),
    urgent: () => rows.urgent(),
    stats: () => ({ ...rows.counts }),
  };
}

class RecordRows<T> {
  readonly counts = { records: 0, rows: 0, undecodable: 0, already_inserted: 0 };
  readonly #options: RecordGraphOptions<T>;
  readonly #tables: readonly OpenRows<T>[];
  #position: number;
  /** Append time of the first record that has an open row. */
  #firstAppendMs = 0;
  #insertedOne = false;
  /** Where a fresh partition starts is not known before its first batch. */
  #started: boolean;

  constructor(options: RecordGraphOptions<T>) {
    this.#options = options;
    const restored = restoredState(options.start.restored[0]?.metadata);
    this.#started = restored !== undefined;
    this.#position = restored?.position ?? 0;
    // Without a commit the log may be a new one under the same name, whose offsets say nothing of the rows that are there.
    const insertedThrough = (table: string) => (restored === undefined ? -1 : (options.newest.get(table) ?? -1));
    this.#tables = options.kinds.map((kind) => new OpenRows(kind, options, insertedThrough(kind.table)));
  }

  push(batch: TaskBatch): readonly InsertOutput[] {
    const out: InsertOutput[] = [];
    this.#started = true;
    for (let at = 0; at < batch.count; at++) this.#take(batch, at, out);
    this.#position = Math.max(this.#position, batch.nextOffset);
    // What is given out of a replay is not performed: rows that were open at the commit wait for the first new batch.
    if (!batch.replayed && this.#position >= batch.endOffset) this.#giveOut(out);
    return out;
  }

  checkpoints(): readonly Checkpoint[] {
    if (!this.#started) return [];
    const { topic, start } = this.#options;
    const lowOffset = this.#tables.reduce((low, { firstOffset }) => Math.min(low, firstOffset ?? low), this.#position);
    const metadata = JSON.stringify({ position: this.#position });
    return [{ topic, partition: start.identity.partition, lowOffset, metadata }];
  }

  urgent(): boolean {
    const urgent = this.#insertedOne;
    this.#insertedOne = false;
    return urgent;
  }

  #take(batch: TaskBatch, at: number, out: InsertOutput[]): void {
    const offset = batch.offsets[at]!;
    const appendTimeMs = batch.appendTimesMs[at]!;
    if (this.#tables.every((table) => table.isInserted(offset))) {
      this.counts.already_inserted += 1;
      return;
    }
    const logged = this.#logged(batch, at);
    if (logged === undefined) return;
    if (this.#rowCount() > 0 && appendTimeMs >= this.#firstAppendMs + spanMaxMs) this.#giveOut(out);
    if (this.#rowCount() === 0) this.#firstAppendMs = appendTimeMs;
    for (const table of this.#tables) table.append(logged);
    this.counts.records += 1;
    if (this.#rowCount() >= rowsMax) this.#giveOut(out);
  }

  #rowCount(): number {
    return this.#tables.reduce((sum, { rowCount }) => sum + rowCount, 0);
  }

  #logged(batch: TaskBatch, at: number): LoggedValue<T> | undefined {
    const key = batch.keys.at(at) ?? null;
    const value = batch.values.at(at) ?? null;
    if (key === null && value === null) return undefined;
    const offset = batch.offsets[at]!;
    try {
      const decoded = this.#options.decode(value, batch.headers[at]);
      return { value: decoded, key: key?.toString() ?? '', offset, appendTimeMs: batch.appendTimesMs[at]! };
    } catch (error) {
      this.counts.undecodable += 1;
      const { topic, partition } = batch;
      lines.warn(
        { event: 'value_undecodable', topic, partition, offset, error: messageOf(error) },
        'A record cannot be decoded and gets no row.',
      );
      return undefined;
    }
  }

  #giveOut(out: InsertOutput[]): void {
    for (const table of this.#tables) {
      const insert = table.giveOut();
      if (insert === undefined) continue;
      out.push(insert);
      this.counts.rows += insert.rowCount;
      this.#insertedOne = true;
    }
  }
}
