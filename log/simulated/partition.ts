import type { RecordBatch, RecordHeaders } from '../port.ts';

export interface StoredRecord {
  readonly offset: number;
  readonly appendMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders | undefined;
  readonly transaction: SimulatedTransaction | undefined;
  readonly control: boolean;
}

export type TransactionOutcome = 'open' | 'committed' | 'aborted';

export interface SimulatedTransaction {
  outcome: TransactionOutcome;
}

export type NewRecord = Pick<StoredRecord, 'key' | 'value' | 'headers'>;

/** One partition of the simulated log: Kafka's read-committed view of transactions that end by marker records. */
export class SimulatedPartition {
  /** Everything that was ever appended, also what retention has removed: a test compares with the whole truth. */
  readonly records: StoredRecord[] = [];
  /** First offset that is still kept. */
  startOffset = 0;
  readonly #topic: string;
  readonly #partition: number;
  /** First offset of every transaction whose marker is not here yet. */
  readonly #undecided = new Map<SimulatedTransaction, number>();
  #lastAppendMs = 0;

  constructor(topic: string, partition: number) {
    this.#topic = topic;
    this.#partition = partition;
  }

  get endOffset(): number {
    return this.records.length;
  }

  append(records: readonly NewRecord[], nowMs: number, transaction?: SimulatedTransaction): void {
    if (transaction !== undefined && !this.#undecided.has(transaction))
      this.#undecided.set(transaction, this.records.length);
    for (const record of records) this.#store(record, nowMs, transaction, false);
  }

  /** The marker that ends a transaction takes an offset, as in Kafka; until it is here readers stop before the transaction. */
  appendMarker(nowMs: number, transaction: SimulatedTransaction): void {
    this.#undecided.delete(transaction);
    this.#store({ key: null, value: null, headers: undefined }, nowMs, undefined, true);
  }

  /** Retention: records below the offset are gone. */
  removeBelow(offset: number): void {
    this.startOffset = Math.min(this.lastStableOffset, Math.max(this.startOffset, offset));
  }

  /** First offset that an open transaction hides from readers. */
  get lastStableOffset(): number {
    let stable = this.records.length;
    for (const first of this.#undecided.values()) stable = Math.min(stable, first);
    return stable;
  }

  /** What a read-committed fetch answers, at most `most` log entries on; undefined when there is nothing new. */
  fetch(wanted: number, most: number): RecordBatch | undefined {
    const from = Math.max(wanted, this.startOffset);
    const to = Math.min(this.lastStableOffset, from + most);
    if (to <= from) return undefined;
    const visible = this.records
      .slice(from, to)
      .filter((record) => !record.control && record.transaction?.outcome !== 'aborted');
    return {
      topic: this.#topic,
      partition: this.#partition,
      count: visible.length,
      offsets: Float64Array.from(visible, (record) => record.offset),
      appendTimesMs: Float64Array.from(visible, (record) => record.appendMs),
      keys: visible.map((record) => record.key),
      values: visible.map((record) => record.value),
      headers: visible.map((record) => record.headers),
      nextOffset: to,
      endOffset: this.records.length,
    };
  }

  #store(record: NewRecord, nowMs: number, transaction: SimulatedTransaction | undefined, control: boolean): void {
    this.#lastAppendMs = Math.max(this.#lastAppendMs, nowMs);
    const { key, headers } = record;
    // Who sent it may use its memory again.
    const value = record.value && Buffer.from(record.value);
    const offset = this.records.length;
    this.records.push({ offset, appendMs: this.#lastAppendMs, key, value, headers, transaction, control });
  }
}
