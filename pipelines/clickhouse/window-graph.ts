import { concatMap } from 'rxjs';
import { DynoError, messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import { blockMemoryBytes } from '../../operators/window/block-memory.ts';
import {
  type CompletedWindow,
  CompleteWindows,
  type SequencedMessage,
} from '../../operators/window/complete-windows.ts';
import type { Block, WindowMarker } from '../../schemas/blocks.ts';
import { newRows } from '../../sinks/clickhouse/new-rows.ts';
import type { RowKind } from '../../sinks/clickhouse/rows/row-kind.ts';
import type { InsertOutput, TaskBatch, TaskGraph } from '../runtime/stage.ts';
import type { FeedTask } from './feeds.ts';
import { insertOf } from './insert-of.ts';
import { restoredState } from './insert-sources.ts';
import { lastWindowOfSlot, type SlottedBlock, slottedBlock, slottedMarker } from './window-slots.ts';

export interface WindowGraphOptions<B extends Block> extends FeedTask {
  readonly topic: string;
  /** Table and rows by length of window. Blocks of other lengths are counted and passed over. */
  readonly kinds: ReadonlyMap<number, RowKind<B>>;
  /** So many consecutive windows make one insert. */
  readonly windowsPerInsert: number;
  readonly decode: (value: Buffer) => B | WindowMarker;
}

const lines = logLines('pipelines');

/** Rows of a topic of blocks: one insert for each slot of windows that all sources have closed. */
export function windowGraph<B extends Block>(options: WindowGraphOptions<B>): TaskGraph {
  const { start, topic } = options;
  const restored = start.restored[0]?.metadata;
  const { epoch, partition } = start.identity;
  const windows = new CompleteWindows<SlottedBlock<B>>({
    epoch,
    bytesOf: ({ block }) => blockMemoryBytes(block),
    ...(restored !== undefined && { restored }),
  });
  const inserts = new WindowInserts(options);
  // Where a fresh partition starts is not known before its first batch.
  let started = restoredState(restored) !== undefined;
  return {
    operator: (batches) =>
      batches.pipe(
        concatMap((batch) => {
          started = true;
          return windows.push(inserts.messagesOf(batch), batch);
        }),
        concatMap((completion) => (completion.kind === 'window' ? inserts.insertsOf(completion) : [])),
      ),
    checkpoint: () => (started ? [{ topic, partition, ...windows.checkpoint() }] : []),
    urgent: () => inserts.urgent(),
    stats: () => ({
      ...inserts.counts,
      open_windows: windows.openWindows,
      late_blocks: windows.lateBlocks,
      incomplete_windows: windows.incompleteWindows,
      other_epochs: windows.ignoredEpochs,
    }),
  };
}

class WindowInserts<B extends Block> {
  readonly counts = { blocks: 0, rows: 0, undecodable: 0, windows_skipped: 0 };
  readonly #options: WindowGraphOptions<B>;
  #insertedOne = false;

  constructor(options: WindowGraphOptions<B>) {
    this.#options = options;
  }

  urgent(): boolean {
    const urgent = this.#insertedOne;
    this.#insertedOne = false;
    return urgent;
  }

  messagesOf(batch: TaskBatch): readonly SequencedMessage<SlottedBlock<B>>[] {
    const messages: SequencedMessage<SlottedBlock<B>>[] = [];
    for (let at = 0; at < batch.count; at++) {
      const message = this.#messageOf(batch, at);
      if (message !== undefined) messages.push({ offset: batch.offsets[at]!, message });
    }
    return messages;
  }

  insertsOf(completed: CompletedWindow<SlottedBlock<B>>): readonly InsertOutput[] {
    const kind = this.#options.kinds.get(completed.windowMs);
    if (kind === undefined) return [];
    if (this.#isInserted(kind.table, completed)) {
      this.counts.windows_skipped += 1;
      return [];
    }
    const { src, start, rowFormat } = this.#options;
    const { epoch } = start.identity;
    const rows = newRows(rowFormat, kind.columns);
    // In a slot of several windows blocks come by source: rows go by window, then source, then part.
    const blocks = completed.blocks.map(({ block }) => block).sort((a, b) => a.windowEndMs - b.windowEndMs);
    for (const block of blocks) kind.append(rows, block, { src, epoch });
    this.counts.blocks += blocks.length;
    this.counts.rows += rows.rowCount;
    if (rows.rowCount === 0) return [];
    this.#insertedOne = true;
    const token = `${kind.table}:${src}:${epoch}:${completed.windowEndMs}`;
    return [insertOf(kind, token, rows)];
  }

  #messageOf(batch: TaskBatch, at: number): SlottedBlock<B> | WindowMarker | undefined {
    const value = batch.values.at(at);
    if (value === null || value === undefined) return undefined;
    const { windowsPerInsert } = this.#options;
    try {
      const message = this.#options.decode(value);
      return isMarker(message) ? slottedMarker(message, windowsPerInsert) : slottedBlock(message, windowsPerInsert);
    } catch (error) {
      // Of a newer catalogue: not lost, it waits.
      if (error instanceof DynoError && error.retryable) throw error;
      if (!batch.replayed) this.counts.undecodable += 1;
      const { topic, partition } = batch;
      lines.warn(
        { event: 'value_undecodable', topic, partition, offset: batch.offsets[at], error: messageOf(error) },
        'A block cannot be decoded and gets no rows.',
      );
      return undefined;
    }
  }

  #isInserted(table: string, { windowMs, windowEndMs }: CompletedWindow<SlottedBlock<B>>): boolean {
    const newestMs = this.#options.newest.get(table);
    if (newestMs === undefined) return false;
    const { windowsPerInsert } = this.#options;
    return windowEndMs <= lastWindowOfSlot({ windowEndMs: newestMs, windowMs, windowsPerInsert });
  }
}

const isMarker = <B extends Block>(message: B | WindowMarker): message is WindowMarker => message.kind === 'marker';
