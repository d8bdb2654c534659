import { logLines } from '../../base/log-lines.ts';
import type { Log, RecordBatch } from '../../log/port.ts';

/** A gap this small is a transaction's marker, not loss: not worth asking the log each time. */
const transactionMarkersMax = 2;
const lines = logLines('pipelines');

/** Counts what the log no longer keeps although a task had not read it. */
export class LossWatch {
  records = 0;
  readonly #log: Pick<Log, 'topicState'>;
  readonly #task: string;

  constructor(log: Pick<Log, 'topicState'>, task: string) {
    this.#log = log;
    this.#task = task;
  }

  async noteGap(batch: RecordBatch, expected: number): Promise<void> {
    const first = batch.offsets[0];
    if (first === undefined || first - expected <= transactionMarkersMax) return;
    const start = (await this.#log.topicState(batch.topic)).startOffsets[batch.partition] ?? 0;
    // Gaps below the first kept offset are loss; others are transaction markers or compacted records.
    this.note(Math.max(0, Math.min(first, start) - expected), 0);
  }

  note(records: number, rebuildRecords: number): void {
    if (records + rebuildRecords === 0) return;
    this.records += records;
    lines.error(
      { event: 'records_lost', task: this.#task, records, rebuildRecords },
      'The log no longer keeps records that this task had not yet read: retention is shorter than the outage.',
    );
  }
}
