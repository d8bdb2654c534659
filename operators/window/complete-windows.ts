import type { WindowMarker } from '../../schemas/blocks.ts';
import { ClosedSources, type ClosedSourcesState } from './closed-sources.ts';

/** What completion reads of a block; blocks themselves pass through untouched. */
export interface SourcedBlock {
  readonly kind: string;
  readonly windowEndMs: number;
  readonly windowMs: number;
  readonly source: number;
  readonly sources: number;
  readonly epoch: number;
  readonly part: number;
}

export interface SequencedMessage<B extends SourcedBlock> {
  readonly offset: number;
  readonly message: B | WindowMarker;
}

/** All blocks of one window, in ascending (source, part) whatever their arrival: sums over them are the same bits. */
export interface CompletedWindow<B extends SourcedBlock> {
  readonly kind: 'window';
  readonly windowEndMs: number;
  readonly windowMs: number;
  readonly blocks: readonly B[];
}

/** Every window of this length that ends at or before this moment has been given out. */
export interface CompletedThrough {
  readonly kind: 'through';
  readonly windowMs: number;
  readonly closedThroughMs: number;
}

export type Completion<B extends SourcedBlock> = CompletedWindow<B> | CompletedThrough;

export interface CompleteWindowsOptions {
  /** Blocks and markers of other epochs are passed over. */
  readonly epoch: number;
  /** Open windows beyond which the oldest is given out incomplete and counted: a source that never returns must not fill the memory. */
  readonly windowsOpenMax?: number;
  /** `metadata` of the checkpoint to continue from. */
  readonly restored?: string;
}

interface OpenWindow<B extends SourcedBlock> {
  readonly windowEndMs: number;
  readonly windowMs: number;
  readonly firstOffset: number;
  readonly blocks: SequencedMessage<B>[];
}

/**
 * Puts the windows of one partition of a topic of blocks together: a window is complete when all its sources have
 * closed it. No clock, no guess. What comes out depends on the log alone, however it is cut into batches; after a
 * restart push the records from the low offset again, those below the position as `replayed`.
 */
export class CompleteWindows<B extends SourcedBlock> {
  #position = 0;
  lateBlocks = 0;
  incompleteWindows = 0;
  ignoredEpochs = 0;
  readonly #epoch: number;
  readonly #windowsOpenMax: number;
  readonly #lengths = new Map<number, ClosedSources>();
  /** Key `windowMs/windowEndMs`. */
  readonly #open = new Map<string, OpenWindow<B>>();

  constructor({ epoch, windowsOpenMax = 2_160, restored }: CompleteWindowsOptions) {
    this.#epoch = epoch;
    this.#windowsOpenMax = windowsOpenMax;
    if (restored !== undefined) this.#restore(restored);
  }

  get openWindows(): number {
    return this.#open.size;
  }

  /** Moment through which all windows of this length are complete; undefined before the first. */
  completedThroughMs(windowMs: number): number | undefined {
    return this.#lengths.get(windowMs)?.throughMs;
  }

  push(messages: Iterable<SequencedMessage<B>>, batch: { nextOffset: number; replayed: boolean }): Completion<B>[] {
    const out: Completion<B>[] = [];
    for (const sequenced of messages) {
      const { message } = sequenced;
      if (message.epoch !== this.#epoch) this.ignoredEpochs += batch.replayed ? 0 : 1;
      else if (message.kind !== 'marker')
        this.#keep(sequenced as SequencedMessage<B> & { message: B }, batch.replayed, out);
      else if (!batch.replayed) this.#close(message as WindowMarker, out);
    }
    this.#position = Math.max(this.#position, batch.nextOffset);
    return out;
  }

  /** The low offset of the design: where a rebuild starts; and what `restored` wants. */
  checkpoint(): { lowOffset: number; metadata: string } {
    let lowOffset = this.#position;
    for (const { firstOffset } of this.#open.values()) lowOffset = Math.min(lowOffset, firstOffset);
    const lengths = [...this.#lengths].map(([windowMs, closed]) => ({ windowMs, ...closed.state() }));
    const { lateBlocks, incompleteWindows } = this;
    const metadata = { position: this.#position, epoch: this.#epoch, lengths, lateBlocks, incompleteWindows };
    return { lowOffset, metadata: JSON.stringify(metadata) };
  }

  #keep(sequenced: SequencedMessage<B> & { message: B }, replayed: boolean, out: Completion<B>[]): void {
    const { windowMs, windowEndMs } = sequenced.message;
    const through = this.#lengths.get(windowMs)?.throughMs;
    if (through !== undefined && windowEndMs <= through) {
      if (!replayed) this.lateBlocks++;
      return;
    }
    const key = `${windowMs}/${windowEndMs}`;
    const open = this.#open.get(key);
    if (open !== undefined) open.blocks.push(sequenced);
    else this.#open.set(key, { windowEndMs, windowMs, firstOffset: sequenced.offset, blocks: [sequenced] });
    if (this.#open.size > this.#windowsOpenMax) this.#giveUpOldest(windowMs, out);
  }

  #close(marker: WindowMarker, out: Completion<B>[]): void {
    const closed = this.#closedOf(marker.windowMs);
    if (!closed.note(marker)) return;
    const closedThroughMs = closed.throughMs!;
    this.#giveOut(marker.windowMs, closedThroughMs, out);
    out.push({ kind: 'through', windowMs: marker.windowMs, closedThroughMs });
  }

  #giveOut(windowMs: number, throughMs: number, out: Completion<B>[]): void {
    const due = [...this.#open.values()].filter((open) => open.windowMs === windowMs && open.windowEndMs <= throughMs);
    due.sort((a, b) => a.windowEndMs - b.windowEndMs);
    for (const open of due) {
      this.#open.delete(`${windowMs}/${open.windowEndMs}`);
      out.push({ kind: 'window', windowMs, windowEndMs: open.windowEndMs, blocks: inOrder(open.blocks) });
    }
  }

  #giveUpOldest(windowMs: number, out: Completion<B>[]): void {
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const open of this.#open.values())
      if (open.windowMs === windowMs) oldestMs = Math.min(oldestMs, open.windowEndMs);
    this.incompleteWindows++;
    this.#giveOut(windowMs, oldestMs, out);
    this.#closedOf(windowMs).giveUpThrough(oldestMs);
    out.push({ kind: 'through', windowMs, closedThroughMs: oldestMs });
  }

  #closedOf(windowMs: number): ClosedSources {
    const known = this.#lengths.get(windowMs);
    if (known !== undefined) return known;
    const closed = new ClosedSources();
    this.#lengths.set(windowMs, closed);
    return closed;
  }

  /** Metadata of another writer (a tool that moved the group's offset) is no state: then everything starts afresh. */
  #restore(metadata: string): void {
    const state = parseState(metadata);
    if (state === undefined) return;
    this.#position = state.position;
    this.lateBlocks = state.lateBlocks;
    this.incompleteWindows = state.incompleteWindows;
    for (const length of state.lengths) this.#lengths.set(length.windowMs, new ClosedSources(length));
  }
}

interface CompletionState {
  readonly position: number;
  readonly lengths: readonly (ClosedSourcesState & { readonly windowMs: number })[];
  readonly lateBlocks: number;
  readonly incompleteWindows: number;
}

function parseState(metadata: string): CompletionState | undefined {
  try {
    const state = JSON.parse(metadata) as CompletionState;
    return typeof state.position === 'number' && Array.isArray(state.lengths) ? state : undefined;
  } catch {
    return undefined;
  }
}

function inOrder<B extends SourcedBlock>(blocks: readonly SequencedMessage<B>[]): readonly B[] {
  return [...blocks]
    .map(({ offset, message }) => ({ offset, block: message as B }))
    .sort((a, b) => a.block.source - b.block.source || a.block.part - b.block.part || a.offset - b.offset)
    .map(({ block }) => block);
}
