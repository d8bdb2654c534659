import type { RecordBatch } from '../port.ts';
import { hold, release } from './answer-memory.ts';
import {
  type FetchedRecords,
  firstAtOrAbove,
  type RecordColumns,
  recordsBetween,
  recordsOf,
} from './fetched-records.ts';
import { type AbortedTransaction, visibleBatches } from './hide-aborted.ts';

/** A partition of a fetch answer, as kafkajs decodes the protocol around the records. */
export interface PartitionAnswer {
  readonly partition: number;
  readonly highWatermark: string;
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  readonly messages: FetchedRecords;
}

/**
 * What a fetch brought of a partition: takes the place of kafkajs's `Batch`, over columns instead of objects. kafkajs
 * asks it for offsets, lengths and whether it is empty; our adapter takes the records.
 */
export class FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly fetchedOffset: string;
  readonly highWatermark: string;
  /** kafkajs only asks how many there are. */
  readonly messages: { readonly length: number };
  /** Offset after all that was fetched, hidden records too; undefined where nothing at or above the wanted offset came. */
  readonly nextOffset: number | undefined;
  readonly #visible: RecordColumns;
  readonly #isAnything: boolean;
  #released = false;

  constructor(topic: string, fetchedOffset: string, answer: PartitionAnswer) {
    const { messages: records, abortedTransactions } = answer;
    this.topic = topic;
    this.partition = answer.partition;
    this.fetchedOffset = fetchedOffset;
    this.highWatermark = answer.highWatermark;
    const batches = visibleBatches(records.batches, abortedTransactions ?? []);
    const visible = batches.length === records.batches.length ? records : recordsOf(records, batches);
    // The broker answers whole batches: the first may begin below what was asked for.
    this.#visible = recordsBetween(visible, firstAtOrAbove(visible, Number(fetchedOffset)), visible.count);
    this.messages = { length: this.#visible.count };
    if (this.messages.length > 0) hold(this.#visible.values.buffer);
    this.#isAnything = records.batches.length > 0;
    const next = (records.batches.at(-1)?.lastOffset ?? -1) + 1;
    this.nextOffset = next > Number(fetchedOffset) ? next : undefined;
  }

  /** What readers may see of it, below that offset. */
  batch({ nextOffset, endOffset }: Pick<RecordBatch, 'nextOffset' | 'endOffset'>, below = Infinity): RecordBatch {
    const { topic, partition } = this;
    const { timesMs, ...columns } = recordsBetween(this.#visible, 0, firstAtOrAbove(this.#visible, below));
    return { topic, partition, ...columns, appendTimesMs: timesMs, nextOffset, endOffset };
  }

  /** Nobody reads its keys, values and headers any more: their memory may be used again. */
  release(): void {
    if (this.#released || this.isEmpty()) return;
    this.#released = true;
    release(this.#visible.values.buffer);
  }

  isEmpty(): boolean {
    return this.messages.length === 0;
  }

  isEmptyDueToFiltering(): boolean {
    return this.isEmpty() && this.#isAnything;
  }

  firstOffset(): string | null {
    return this.nextOffset === undefined ? null : String(this.#visible.offsets[0] ?? this.fetchedOffset);
  }

  lastOffset(): string {
    if (this.nextOffset !== undefined) return String(this.nextOffset - 1);
    return this.#isAnything ? this.fetchedOffset : String(Number(this.highWatermark) - 1);
  }

  offsetLag(): string {
    return String(Number(this.highWatermark) - 1 - Number(this.lastOffset()));
  }

  offsetLagLow(): string {
    const first = this.firstOffset();
    return first === null ? '0' : String(Number(this.highWatermark) - 1 - Number(first));
  }
}
