import { tickHeaders } from '../../pipelines/runtime/idle-ticks.ts';
import type { TaskBatch } from '../../pipelines/runtime/stage.ts';
import { countersTopic } from '../../pipelines/windows.ts';
import { encodeHostCounters, type HostCounters } from '../../schemas/host-counters-codec.ts';

const batchRecordsMax = 2_000;
/** A partition that is silent is ticked once a second here: more would close nothing more. */
const tickMs = 1_000;
/** After the last record: a catching-up hold, a 10-s window, its lateness. */
const endMs = 60_000;

interface LogRecord {
  readonly appendMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/**
 * A recording as the one partition of a log: a sample is appended at its own time, or at that of the newest before it
 * where it comes out of order; seconds in which nothing is recorded are ticked, as the owner of an idle partition does.
 */
export class RecordedLog {
  readonly #schemaId: number;
  readonly #onBatch: (batch: TaskBatch) => void;
  #records: LogRecord[] = [];
  #offset = 0;
  #appendMs = Number.NEGATIVE_INFINITY;

  /** `onBatch` gets what was appended, in order and in batches. */
  constructor(options: { readonly schemaId: number; readonly onBatch: (batch: TaskBatch) => void }) {
    this.#schemaId = options.schemaId;
    this.#onBatch = options.onBatch;
  }

  append(sample: HostCounters): void {
    this.#tickUntil(sample.timeMs);
    this.#appendMs = Math.max(this.#appendMs, sample.timeMs);
    this.#add({ key: Buffer.from(sample.host), value: encodeHostCounters(sample, this.#schemaId) });
  }

  /** Time goes on until everything that was recorded is in a closed window. */
  end(): void {
    if (Number.isFinite(this.#appendMs)) this.#tickUntil(this.#appendMs + endMs);
    this.#flush();
  }

  #tickUntil(timeMs: number): void {
    while (this.#appendMs + tickMs < timeMs && Number.isFinite(this.#appendMs)) {
      this.#appendMs += tickMs;
      this.#add({ key: null, value: null });
    }
  }

  #add(record: Omit<LogRecord, 'appendMs'>): void {
    this.#records.push({ ...record, appendMs: this.#appendMs });
    if (this.#records.length >= batchRecordsMax) this.#flush();
  }

  #flush(): void {
    const records = this.#records;
    if (records.length === 0) return;
    this.#records = [];
    const from = this.#offset;
    this.#offset += records.length;
    this.#onBatch({
      topic: countersTopic,
      partition: 0,
      count: records.length,
      offsets: Float64Array.from(records, (_, i) => from + i),
      appendTimesMs: Float64Array.from(records, ({ appendMs }) => appendMs),
      keys: records.map(({ key }) => key),
      values: records.map(({ value }) => value),
      headers: records.map(({ value }) => (value === null ? tickHeaders : undefined)),
      nextOffset: this.#offset,
      endOffset: this.#offset,
      replayed: false,
    });
  }
}
