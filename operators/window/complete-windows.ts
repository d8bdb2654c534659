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
  /** Given out before the restart, and again now to rebuild what was merged from it; see `retainMs`. */
  readonly again?: true;
}

/** Every window of this length that ends at or before this moment has been given out. */
export interface CompletedThrough {
  readonly kind: 'through';
  readonly windowMs: number;
  readonly closedThroughMs: number;
}

export type Completion<B extends SourcedBlock> = CompletedWindow<B> | CompletedThrough;

export interface CompleteWindowsOptions<B extends SourcedBlock> {
  /** Blocks and markers of other epochs are passed over. */
  readonly epoch: number;
  /** Open windows beyond which the oldest is given out incomplete and counted: a source that never returns must not fill the memory. */
  readonly windowsOpenMax?: number;
  /** The same by the memory that open windows take, as told by `bytesOf`. Default 256 MB. */
  readonly bytesOpenMax?: number;
  /**
   * For who merges these windows into longer ones of this length: the low offset stays before the first window of the
   * longer one that is open, and after a restart its complete windows come `again`, before anything new.
   */
  readonly retainMs?: number;
  /** Memory of a block; must depend on the block alone. Default: not counted. */
  readonly bytesOf?: (block: B) => number;
  /** `metadata` of the checkpoint to continue from. */
  readonly restored?: string;
}

interface OpenWindow<B extends SourcedBlock> {
  readonly windowEndMs: number;
  readonly windowMs: number;
  readonly firstOffset: number;
  bytes: number;
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
  readonly #bytesOpenMax: number;
  readonly #bytesOf: (block: B) => number;
  #bytesOpen = 0;
  readonly #lengths = new Map<number, ClosedSources>();
  /** Key `windowMs/windowEndMs`. */
  readonly #open = new Map<string, OpenWindow<B>>();
  /** Complete windows of longer ones that are open: only where they start. */
  readonly #retained = new Map<string, OpenWindow<B>>();
  /** The same after a restart, with their blocks, until the first new records. */
  readonly #rebuilt = new Map<string, OpenWindow<B>>();
  readonly #retainMs: number | undefined;

  constructor(options: CompleteWindowsOptions<B>) {
    const { epoch, windowsOpenMax = 2_160, bytesOpenMax = 256_000_000, bytesOf, retainMs, restored } = options;
    this.#epoch = epoch;
    this.#bytesOpenMax = bytesOpenMax;
    this.#bytesOf = bytesOf ?? (() => 0);
    this.#retainMs = retainMs;
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
    if (!batch.replayed) this.#giveOutAgain(out);
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
    for (const windows of [this.#open, this.#retained, this.#rebuilt])
      for (const { firstOffset } of windows.values()) lowOffset = Math.min(lowOffset, firstOffset);
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
      else if (this.#isRetained(windowEndMs, through)) keepIn(this.#rebuilt, sequenced);
      return;
    }
    const bytes = this.#bytesOf(sequenced.message);
    keepIn(this.#open, sequenced).bytes += bytes;
    this.#bytesOpen += bytes;
    if (this.#open.size > this.#windowsOpenMax) this.#giveUpOldest(windowMs, out);
    // A replay says nothing; what it keeps was within the bound when it was committed.
    while (!replayed && this.#bytesOpen > this.#bytesOpenMax && this.#open.size > 1)
      this.#giveUpOldest(this.#largestLength(), out);
  }

  /** The length of window whose open windows take the most memory. */
  #largestLength(): number {
    const bytesOf = new Map<number, number>();
    for (const { windowMs, bytes } of this.#open.values()) bytesOf.set(windowMs, (bytesOf.get(windowMs) ?? 0) + bytes);
    const [[windowMs]] = [...bytesOf].sort(([, a], [, b]) => b - a) as [[number, number]];
    return windowMs;
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
      this.#open.delete(keyOf(open));
      this.#bytesOpen -= open.bytes;
      out.push({ kind: 'window', windowMs, windowEndMs: open.windowEndMs, blocks: inOrder(open.blocks) });
      if (this.#retainMs !== undefined) this.#retained.set(keyOf(open), { ...open, blocks: [] });
    }
    for (const [key, { windowEndMs }] of this.#retained)
      if (!this.#isRetained(windowEndMs, throughMs)) this.#retained.delete(key);
  }

  #giveOutAgain(out: Completion<B>[]): void {
    const rebuilt = [...this.#rebuilt.values()].sort((a, b) => a.windowEndMs - b.windowEndMs);
    for (const window of rebuilt) {
      const { windowMs, windowEndMs } = window;
      out.push({ kind: 'window', windowMs, windowEndMs, blocks: inOrder(window.blocks), again: true });
      this.#retained.set(keyOf(window), { ...window, blocks: [] });
    }
    this.#rebuilt.clear();
  }

  /** Whether the longer window that holds this one is still open. */
  #isRetained(windowEndMs: number, throughMs: number): boolean {
    const retainMs = this.#retainMs;
    return retainMs !== undefined && Math.ceil(windowEndMs / retainMs) * retainMs > throughMs;
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

const keyOf = ({ windowMs, windowEndMs }: { windowMs: number; windowEndMs: number }): string =>
  `${windowMs}/${windowEndMs}`;

function keepIn<B extends SourcedBlock>(
  windows: Map<string, OpenWindow<B>>,
  sequenced: SequencedMessage<B> & { message: B },
): OpenWindow<B> {
  const { windowEndMs, windowMs } = sequenced.message;
  const key = keyOf(sequenced.message);
  const open = windows.get(key);
  if (open !== undefined) {
    open.blocks.push(sequenced);
    return open;
  }
  const opened = { windowEndMs, windowMs, firstOffset: sequenced.offset, bytes: 0, blocks: [sequenced] };
  windows.set(key, opened);
  return opened;
}

function inOrder<B extends SourcedBlock>(blocks: readonly SequencedMessage<B>[]): readonly B[] {
  return [...blocks]
    .map(({ offset, message }) => ({ offset, block: message as B }))
    .sort((a, b) => a.block.source - b.block.source || a.block.part - b.block.part || a.offset - b.offset)
    .map(({ block }) => block);
}
