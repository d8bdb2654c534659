import { concatMap } from 'rxjs';
import { isAbsent } from '../base/byte-list.ts';
import type { CounterColumns, CounterDecoder } from '../native/counter-columns.ts';
import { createCounterDecoder } from '../native/counter-decoder.ts';
import { newRows } from '../sinks/clickhouse/new-rows.ts';
import type { RowFormat } from '../sinks/clickhouse/row-format.ts';
import type { RowWriter } from '../sinks/clickhouse/row-writer.ts';
import { counters1s } from '../sinks/clickhouse/rows/counters-1s.ts';
import { insertOf } from './clickhouse/insert-of.ts';
import { type InsertSources, restoredState, sourceOf } from './clickhouse/insert-sources.ts';
import type { Checkpoint, GraphStart, InsertOutput, Stage, TaskBatch, TaskGraph } from './runtime/stage.ts';
import { writerSchemas } from './writer-schemas.ts';

const topic = 'dyno.counters.v1';

/**
 * Every host's one-second counters into `counters_1s`, for analysts. Cut by slots of append time, so that the log alone
 * decides what an insert holds. Late and repeated records are rows too; what `windows` dead-letters as undecodable or
 * skewed is left out.
 */
export function rawStage(sources: InsertSources): Stage {
  const decoder = createCounterDecoder();
  const learn = writerSchemas(decoder, sources.schemaById);
  const newestSlots = new Map<string, number | undefined>();
  return {
    name: 'raw',
    inputs: [topic],
    assignment: 'single',
    outputs: [],
    delivery: 'insert',
    keepsCopiesOnly: true,
    prepare: (batch) => learn(batch.values),
    beforeStart: async (identity) => {
      const src = sourceOf(identity);
      newestSlots.set(src, await sources.newestInserted({ table: counters1s.table, src, epoch: identity.epoch }));
    },
    graph: (start) => {
      const { rowFormat = 'TabSeparated' } = sources;
      return rawGraph({ start, decoder, newestSlotMs: newestSlots.get(sourceOf(start.identity)), rowFormat });
    },
  };
}

/** Length of a slot of append time. */
const slotMs = 5_000;
/** A record further ahead of its append time comes from a clock that is wrong; the same bound as in `windows`. */
const skewMaxMs = 60_000;
/** Rows of one insert; a slot with more (agents empty their spools) becomes several inserts. */
const rowsMax = 20_000;

interface RawState {
  readonly position: number;
  /** Start of the open slot; undefined before the first record. */
  readonly slot?: number;
  /** Inserts of the open slot that are already made. */
  readonly part?: number;
}

interface RawGraphOptions {
  readonly start: GraphStart;
  readonly decoder: CounterDecoder;
  readonly newestSlotMs: number | undefined;
  readonly rowFormat: RowFormat;
}

function rawGraph(options: RawGraphOptions): TaskGraph {
  const slots = new RawSlots(options);
  return {
    operator: (batches) => batches.pipe(concatMap((batch) => slots.push(batch))),
    checkpoint: () => slots.checkpoints(),
    urgent: () => slots.urgent(),
    stats: () => ({ ...slots.counts }),
  };
}

/** The open slot of one partition: rows are encoded as they come, nothing else of a record is kept. */
class RawSlots {
  readonly counts = { rows: 0, undecodable: 0, skewed: 0, ticks: 0, slots_skipped: 0 };
  readonly #options: RawGraphOptions;
  readonly #src: string;
  #position: number;
  #slot: number | undefined;
  #part: number;
  #rows: RowWriter;
  #firstOffset = 0;
  #closedOne = false;
  /** Where a fresh partition starts is not known before its first batch. */
  #started: boolean;

  constructor(options: RawGraphOptions) {
    this.#options = options;
    this.#src = sourceOf(options.start.identity);
    this.#rows = newRows(options.rowFormat, counters1s.columns);
    const restored = restoredState<RawState>(options.start.restored[0]?.metadata);
    this.#started = restored !== undefined;
    this.#position = restored?.position ?? 0;
    this.#slot = restored?.slot;
    this.#part = restored?.part ?? 0;
  }

  push(batch: TaskBatch): readonly InsertOutput[] {
    const out: InsertOutput[] = [];
    this.#started = true;
    const { decoder } = this.#options;
    const decoded = decoder.decode(batch.values);
    for (let at = 0; at < batch.count; at++) {
      this.#moveTo(batch.appendTimesMs[at]!, out);
      const leftOut = this.#whyLeftOut(batch, at, decoded);
      if (leftOut !== undefined) {
        if (!batch.replayed) this.counts[leftOut] += 1;
      } else {
        const offset = batch.offsets[at]!;
        if (this.#rows.rowCount === 0) this.#firstOffset = offset;
        counters1s.append(this.#rows, { decoded, at, offset, slotMs: this.#slot! }, this.#source);
        if (this.#rows.rowCount >= rowsMax) this.#giveOut(out);
      }
    }
    this.#position = Math.max(this.#position, batch.nextOffset);
    return out;
  }

  checkpoints(): readonly Checkpoint[] {
    if (!this.#started) return [];
    const { partition } = this.#options.start.identity;
    const lowOffset = this.#rows.rowCount === 0 ? this.#position : this.#firstOffset;
    const state: RawState = {
      position: this.#position,
      ...(this.#slot !== undefined && { slot: this.#slot, part: this.#part }),
    };
    return [{ topic, partition, lowOffset, metadata: JSON.stringify(state) }];
  }

  urgent(): boolean {
    const urgent = this.#closedOne;
    this.#closedOne = false;
    return urgent;
  }

  #whyLeftOut(batch: TaskBatch, at: number, decoded: CounterColumns): 'ticks' | 'undecodable' | 'skewed' | undefined {
    if (isAbsent(batch.values, at)) return 'ticks';
    if (decoded.decoded[at] === 0) return 'undecodable';
    return decoded.timesMs[at]! > batch.appendTimesMs[at]! + skewMaxMs ? 'skewed' : undefined;
  }

  get #source() {
    return { src: this.#src, epoch: this.#options.start.identity.epoch };
  }

  /** The slot clock never goes back: a record appended by a broker whose clock is behind joins the open slot. */
  #moveTo(appendMs: number, out: InsertOutput[]): void {
    const slot = Math.floor(appendMs / slotMs) * slotMs;
    if (this.#slot !== undefined && slot <= this.#slot) return;
    this.#giveOut(out);
    this.#slot = slot;
    this.#part = 0;
  }

  #giveOut(out: InsertOutput[]): void {
    const rows = this.#rows;
    if (rows.rowCount === 0 || this.#slot === undefined) return;
    const { newestSlotMs } = this.#options;
    // The newest slot itself may be there in part only: its token, not this check, drops what is there.
    if (newestSlotMs !== undefined && this.#slot < newestSlotMs) this.counts.slots_skipped += 1;
    else out.push(this.#insertOf(rows, this.#slot));
    this.counts.rows += rows.rowCount;
    this.#part += 1;
    this.#rows = newRows(this.#options.rowFormat, counters1s.columns);
    this.#closedOne = true;
  }

  #insertOf(rows: RowWriter, slot: number): InsertOutput {
    const { table } = counters1s;
    const part = this.#part === 0 ? '' : `.${this.#part}`;
    const token = `${table}:${this.#src}:${this.#options.start.identity.epoch}:${slot}${part}`;
    return insertOf(counters1s, token, rows);
  }
}
