import type { RecordBatch, RecordHeaders } from '../port.ts';

interface StoredRecord {
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
  readonly records: StoredRecord[] = [];
  readonly #topic: string;
  readonly #partition: number;
  #lastAppendMs = 0;

  constructor(topic: string, partition: number) {
    this.#topic = topic;
    this.#partition = partition;
  }

  get endOffset(): number {
    return this.records.length;
  }

  append(records: readonly NewRecord[], nowMs: number, transaction?: SimulatedTransaction): void {
    this.#lastAppendMs = Math.max(this.#lastAppendMs, nowMs);
    for (const { key, value, headers } of records)
      this.records.push({
        offset: this.records.length,
        appendMs: this.#lastAppendMs,
        key,
        value,
        headers,
        transaction,
        control: false,
      });
  }

  /** The marker that ends a transaction takes an offset, as in Kafka. */
  appendMarker(nowMs: number): void {
    this.#lastAppendMs = Math.max(this.#lastAppendMs, nowMs);
    const appendMs = this.#lastAppendMs;
    this.records.push({
      offset: this.records.length,
      appendMs,
      key: null,
      value: null,
      headers: undefined,
      transaction: undefined,
      control: true,
    });
  }

  /** First offset that an open transaction hides from readers. */
  get lastStableOffset(): number {
    const open = this.records.findIndex((record) => record.transaction?.outcome === 'open');
    return open === -1 ? this.records.length : open;
  }

  /** What a read-committed fetch answers, at most `most` log entries on; undefined when there is nothing new. */
  fetch(from: number, most: number): RecordBatch | undefined {
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
}
