import { concatMap } from 'rxjs';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { RecordHeaders } from '../../log/port.ts';
import { newRows } from '../../sinks/clickhouse/new-rows.ts';
import type { RowWriter } from '../../sinks/clickhouse/row-writer.ts';
import type { LoggedValue, RowKind } from '../../sinks/clickhouse/rows/row-kind.ts';
import type { Checkpoint, InsertOutput, TaskBatch, TaskGraph } from '../runtime/stage.ts';
import type { FeedTask } from './feeds.ts';
import { insertOf } from './insert-of.ts';
import { restoredState } from './insert-sources.ts';

export interface RecordGraphOptions<T> extends FeedTask {
  readonly topic: string;
  readonly kind: RowKind<LoggedValue<T>>;
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
 * keeps a repeat from doubling is the offset in every row: records up to the highest inserted one are passed over.
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
  /** Records up to this offset are in ClickHouse. */
  readonly #insertedThrough: number;
  #rows: RowWriter;
  #position: number;
  #firstOffset = 0;
  #lastOffset = 0;
  #firstAppendMs = 0;
  #insertedOne = false;
  /** Where a fresh partition starts is not known before its first batch. */
  #started: boolean;

  constructor(options: RecordGraphOptions<T>) {
    this.#options = options;
    this.#rows = newRows(options.rowFormat, options.kind.columns);
    const restored = restoredState(options.start.restored[0]?.metadata);
    this.#started = restored !== undefined;
    this.#position = restored?.position ?? 0;
    // Without a commit the log may be a new one under the same name, whose offsets say nothing of the rows that are there.
    this.#insertedThrough = restored === undefined ? -1 : (options.newest.get(options.kind.table) ?? -1);
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
    const lowOffset = this.#rows.rowCount === 0 ? this.#position : this.#firstOffset;
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
    if (offset <= this.#insertedThrough) {
      this.counts.already_inserted += 1;
      return;
    }
    const logged = this.#logged(batch, at);
    if (logged === undefined) return;
    if (this.#rows.rowCount > 0 && appendTimeMs >= this.#firstAppendMs + spanMaxMs) this.#giveOut(out);
    if (this.#rows.rowCount === 0) {
      this.#firstOffset = offset;
      this.#firstAppendMs = appendTimeMs;
    }
    const { kind, src, start } = this.#options;
    kind.append(this.#rows, logged, { src, epoch: start.identity.epoch });
    this.#lastOffset = offset;
    this.counts.records += 1;
    if (this.#rows.rowCount >= rowsMax) this.#giveOut(out);
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
    const rows = this.#rows;
    if (rows.rowCount === 0) return;
    const { kind, src, start, rowFormat } = this.#options;
    const token = `${kind.table}:${src}:${start.identity.epoch}:${this.#firstOffset}-${this.#lastOffset}`;
    out.push(insertOf(kind, token, rows));
    this.counts.rows += rows.rowCount;
    this.#rows = newRows(rowFormat, kind.columns);
    this.#insertedOne = true;
  }
}
