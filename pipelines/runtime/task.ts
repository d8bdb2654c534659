import { allAbsent } from '../../base/byte-list.ts';
import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/clock.ts';
import { DynoError, hasCode, messageOf } from '../../base/errors.ts';
import { giveBack } from '../../base/lent-memory.ts';
import { logLines } from '../../base/log-lines.ts';
import type { GroupOffset, Log, RecordBatch, TopicPartition } from '../../log/port.ts';
import { backoffMs, untilItWorks } from './backoff.ts';
import { sliceAtPosition } from './batch-slices.ts';
import { catchUpCommitMs, commitIntervalMs, pendingBytesMax, pendingOutputsMax } from './commit-limits.ts';
import type { CommitPoint, Delivery } from './delivery.ts';
import type { GraphRun } from './graph-run.ts';
import { startGraph } from './graph-run.ts';
import { LossWatch } from './loss-watch.ts';
import { OwnerChanged, Ownership, sameOffsets } from './ownership.ts';
import type { GraphTick, Output, Stage, TaskIdentity } from './stage.ts';
import { readStateRecords } from './state-records.ts';
import { markedWith, takeOversIn } from './take-over-mark.ts';
import type { InputState } from './task-inputs.ts';
import { advance, inputsAtTakeOver } from './task-inputs.ts';
import { taskName } from './task-name.ts';

export type TaskState = 'taking_over' | 'rebuilding' | 'running' | 'waiting' | 'failed' | 'stopped';

export interface TaskOptions {
  readonly identity: TaskIdentity;
  readonly inputs: readonly TopicPartition[];
  readonly stage: Stage;
  readonly group: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly delivery: Delivery;
  readonly partitionsOf: (topic: string) => number;
  /** Resolves when broadcast inputs have been read far enough for a batch to be pushed. */
  readonly broadcastReady: (signal: AbortSignal) => Promise<void>;
  readonly pause: (partitions: readonly TopicPartition[]) => void;
  readonly seekAndResume: (positions: readonly InputState[]) => void;
  /** Tests put crashes here. */
  readonly at?: ((point: CommitPoint) => void) | undefined;
}

/** After being fenced: the new owner gets this long before a member that is still assigned tries again (2 × session timeout). */
const fencedPauseMs = 12_000;

/** An outage is told this often, not at every attempt. */
const outageToldEveryMs = 60_000;
const lines = logLines('pipelines');

/**
 * One task of a stage: its graph, its state, its commits. Everything that touches the graph runs in one chain, in
 * order. `takeOver` may be called at any time: it ends what is under way by raising the generation.
 */
export class Task {
  readonly options: TaskOptions;
  state: TaskState = 'taking_over';
  problem: string | undefined;
  inputs: readonly InputState[] = [];
  commits = 0;
  lastCommitAtMs = Number.NaN;
  lastDataAtMs = Number.NaN;
  readonly #ownership: Ownership;
  readonly #loss: LossWatch;
  readonly #stillOwner = (): Promise<void> => this.#ownership.check(this.#lastCommitted);
  #run: GraphRun | undefined;
  #pending: Output[] = [];
  #pendingBytes = 0;
  /** A window was closed since the last commit. */
  #urgent = false;
  #lastCommitted: readonly GroupOffset[] | undefined;
  #chain: Promise<void> = Promise.resolve();
  /** Pieces of work in the chain that are not done. */
  #queued = 0;
  #work = new AbortController();
  #isPositioned = false;
  #takeOvers = 0;
  #failures = 0;
  #outageToldAtMs = Number.NEGATIVE_INFINITY;
  /** When it was last looked whether there is something to commit. */
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: TaskOptions) {
    this.options = options;
    this.#ownership = new Ownership({ ...options, name: this.name });
    this.#loss = new LossWatch(options.log, this.name);
  }

  get lostRecords(): number {
    return this.#loss.records;
  }

  get stats(): Readonly<Record<string, number>> {
    return this.#run?.graph.stats() ?? {};
  }

  /** May the idle partition be ticked now: everything read, nothing to rebuild, and the graph says it is live. */
  get tickable(): boolean {
    // Of a batch under way it is not known how long it will take and what came behind it.
    if (this.state !== 'running' || this.#busy || this.#run?.graph.live?.() !== true) return false;
    return this.inputs.every((input) => input.expected >= input.end && input.expected >= input.position);
  }

  /** A new assignment: become (or stay) the owner, find the committed state, read on from there. */
  takeOver(): void {
    this.#work.abort();
    const work = new AbortController();
    this.#work = work;
    this.#isPositioned = false;
    this.options.pause(this.options.inputs);
    void this.#enqueue(async () => {
      if (work.signal.aborted) return;
      this.state = 'taking_over';
      await untilItWorks(() => this.#takeOverOnce(work.signal), {
        clock: this.options.clock,
        signal: work.signal,
        onFailure: (error) => this.#failed('task_take_over_failed', error),
      });
    });
  }

  /** Gives the batch to the graph and commits what is due. Resolves when the next batch may come; never rejects. */
  async onBatch(batch: RecordBatch): Promise<void> {
    // From wherever the client stood when it joined: after the take-over has said where, it comes again.
    if (!this.#isPositioned) return;
    const { signal } = this.#work;
    await this.#enqueue(() => this.#guarded(signal, () => this.#process(batch, signal)));
  }

  /** The wall clock goes on where no record comes. A busy task is not asked: it will be again. */
  async tick(): Promise<void> {
    if (this.#busy || this.state !== 'running') return;
    const { signal } = this.#work;
    await this.#enqueue(() =>
      this.#guarded(signal, async () => {
        if (this.state !== 'running') return;
        const outputs = this.#run!.graph.tick?.(this.#now()) ?? [];
        this.#keep(outputs);
        if (outputs.length > 0) await this.#commit(signal);
      }),
    );
  }

  /** Work with the graph; what goes wrong leads back to the committed state. */
  async #guarded(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    if (signal.aborted || this.#run === undefined) return;
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      this.#failed('task_failed', error);
      this.#startAgainLater(error, signal);
    }
  }

  #now(): GraphTick {
    const { clock } = this.options;
    return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
  }

  /** Commits what is pending and lets go. */
  async stop(): Promise<void> {
    const { signal } = this.#work;
    await this.#enqueue(async () => {
      if (signal.aborted || this.#run === undefined || this.state !== 'running') return;
      this.#keep(this.#run.graph.stopping?.(this.#now()) ?? []);
      await this.#commit(signal).catch(() => {});
    });
    await this.drop();
  }

  /** Lets go at once, without a commit: the task belongs to another member now, or the runtime gives up waiting. */
  async drop(): Promise<void> {
    this.#work.abort();
    await this.#enqueue(async () => {
      this.#forget();
      this.state = 'stopped';
      await this.options.delivery.disown().catch(() => {});
    });
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#queued++;
    this.#chain = this.#chain.then(work).finally(() => this.#queued--);
    return this.#chain;
  }

  get #busy(): boolean {
    return this.#queued > 0;
  }

  async #takeOverOnce(signal: AbortSignal): Promise<void> {
    const { log, group, inputs, delivery, seekAndResume } = this.options;
    this.#ownership.noteProven();
    const found = await log.committedOffsets(group, inputs);
    if (this.#run !== undefined && this.#lastCommitted !== undefined && sameOffsets(found, this.#lastCommitted)) {
      this.state = 'running';
    } else {
      this.#forget();
      await delivery.disown().catch(() => {});
      this.options.at?.('before_own');
      await delivery.own();
      this.options.at?.('after_own');
      // Only now: an owner that was just fenced may have committed between the first look and the fence.
      await this.#rebuildFrom(await log.committedOffsets(group, inputs), signal);
    }
    // Inserts that a rebalance broke off: where nothing follows no batch would bring them up again.
    if (this.options.stage.delivery === 'insert' && this.#pending.length > 0) await this.#commitUntilDone(signal);
    if (signal.aborted) return;
    this.problem = undefined;
    this.#isPositioned = true;
    seekAndResume(this.inputs);
  }

  async #rebuildFrom(committed: readonly (GroupOffset | undefined)[], signal: AbortSignal): Promise<void> {
    const { stage, identity, log, inputs, partitionsOf } = this.options;
    this.#takeOvers = takeOversIn(committed) + 1;
    const known = await this.#markTakeOver(committed, signal);
    await stage.beforeStart?.(identity);
    const start = await inputsAtTakeOver(log, inputs, committed);
    this.#loss.note(start.lostRecords, start.lostRebuildRecords);
    const stateRecords = await readStateRecords(log, stage.stateTopic, identity.partition);
    this.#run = startGraph(stage.graph({ identity, restored: start.restored, stateRecords, partitionsOf }));
    this.inputs = start.inputs;
    this.#nothingPending();
    this.#lastCommitted = known;
    this.lastCommitAtMs = this.options.clock.monotonicMs();
    this.#lookedAtMs = this.lastCommitAtMs;
    this.lastDataAtMs = this.options.clock.monotonicMs();
    this.state = this.inputs.some((input) => input.expected < input.position) ? 'rebuilding' : 'running';
    if (stage.delivery === 'insert' && this.#lastCommitted === undefined) await this.#commitStart(signal);
  }

  /** A sink's offsets say from now on that another one has it: nothing else fences who was frozen. */
  async #markTakeOver(committed: readonly (GroupOffset | undefined)[], signal: AbortSignal) {
    const known = committed.filter((offset) => offset !== undefined);
    if (known.length < committed.length) return undefined;
    if (this.options.stage.delivery === 'transaction') return known;
    const marked = markedWith(this.#takeOvers, known);
    await this.options.delivery.commit([], marked, signal, async () => {});
    return marked;
  }

  /**
   * Where a fresh sink starts, before its first insert: whoever comes after a crash must know that this log was begun
   * with, and that what the database holds of it is of this log.
   */
  async #commitStart(signal: AbortSignal): Promise<void> {
    const offsets = this.inputs.map(({ topic, partition, position }) => ({
      topic,
      partition,
      offset: position,
      metadata: JSON.stringify({ position, takeOvers: this.#takeOvers }),
    }));
    await this.options.delivery.commit([], offsets, signal, this.#stillOwner);
    this.#lastCommitted = offsets;
  }

  async #process(batch: RecordBatch, signal: AbortSignal): Promise<void> {
    const { stage, clock, broadcastReady } = this.options;
    const input = this.inputs.find(({ topic, partition }) => topic === batch.topic && partition === batch.partition);
    if (input === undefined) return;
    await this.#loss.noteGap(batch, input.expected);
    const prepared = await untilItWorks(() => stage.prepare(batch).then(() => true), {
      clock,
      signal,
      onFailure: (error) => this.#waits(error),
    });
    if (prepared !== true) return;
    await broadcastReady(signal);
    if (signal.aborted) return;
    const run = this.#run!;
    for (const slice of sliceAtPosition(batch, input.expected, input.position)) {
      const outputs = run.push(slice);
      if (slice.replayed) this.options.at?.('rebuilding');
      else this.#keep(outputs);
    }
    advance(input, batch);
    if (!allAbsent(batch.values)) this.lastDataAtMs = clock.monotonicMs();
    this.state = this.inputs.some((other) => other.expected < other.position) ? 'rebuilding' : 'running';
    this.#urgent ||= run.graph.urgent();
    if (this.#commitIsDue(input)) await this.#commitUntilDone(signal);
  }

  #keep(outputs: readonly Output[]): void {
    for (const output of outputs) {
      this.#pending.push(output);
      this.#pendingBytes += (output.kind === 'produce' ? output.value?.length : output.rows.length) ?? 0;
    }
  }

  #commitIsDue(input: InputState): boolean {
    const { stage, clock } = this.options;
    if (this.#pending.length > pendingOutputsMax || this.#pendingBytes > pendingBytesMax) return true;
    const sinceMs = clock.monotonicMs() - this.#lookedAtMs;
    if (sinceMs >= commitIntervalMs[stage.delivery]) return true;
    const mayWait = stage.delivery === 'transaction' && input.expected < input.end && sinceMs < catchUpCommitMs;
    return this.#urgent && !mayWait;
  }

  /** A sink waits for ClickHouse as long as it takes; a transaction with an unknown outcome needs a take-over instead. */
  async #commitUntilDone(signal: AbortSignal): Promise<void> {
    if (this.options.stage.delivery === 'transaction') return this.#commit(signal);
    await untilItWorks(() => this.#commit(signal), {
      clock: this.options.clock,
      signal,
      onFailure: (error) => {
        if (error instanceof OwnerChanged) throw error;
        if (!signal.aborted) this.#waits(error);
      },
    });
  }

  async #commit(signal: AbortSignal): Promise<void> {
    // While rebuilding, the last commit stands: a new one would raise the low offset past records not yet re-read.
    if (this.inputs.some((input) => input.expected < input.position)) return;
    const { clock, delivery } = this.options;
    const offsets = this.#offsets();
    this.#lookedAtMs = clock.monotonicMs();
    const nothingNew =
      offsets.length === 0 || (this.#lastCommitted !== undefined && sameOffsets(offsets, this.#lastCommitted));
    if (this.#pending.length === 0 && nothingNew) return;
    try {
      await delivery.commit(this.#pending, offsets, signal, this.#stillOwner);
    } catch (error) {
      // Perhaps it is committed, and the log is only slow to say so: what was to be said must not be said again.
      if (this.options.stage.delivery === 'transaction') this.#forget();
      throw error;
    }
    // The log has copies. After a failure it may still be sending, so then the memory is not given back.
    for (const output of this.#pending) if (output.kind === 'produce') giveBack(output.value?.buffer);
    this.#nothingPending();
    this.#lastCommitted = offsets;
    this.#failures = 0;
    this.problem = undefined;
    this.lastCommitAtMs = clock.monotonicMs();
    this.#ownership.noteProven();
    this.commits++;
    if (this.state === 'waiting') this.state = 'running';
  }

  #offsets(): GroupOffset[] {
    const points = this.#run!.graph.checkpoint();
    const offsets = points.map(({ lowOffset, ...point }) => ({ ...point, offset: lowOffset }));
    return this.options.stage.delivery === 'insert' ? markedWith(this.#takeOvers, offsets) : offsets;
  }

  /** The outcome of the commit is unknown or the graph threw: back to the committed state, after a while. */
  #startAgainLater(error: unknown, signal: AbortSignal): void {
    this.#forget();
    this.options.pause(this.options.inputs);
    const waitMs = hasCode(error, 'DYNO_LOG_FENCED') ? fencedPauseMs : backoffMs(this.#failures++);
    void delay(this.options.clock, waitMs, signal).then(() => {
      if (!signal.aborted) this.takeOver();
    });
  }

  #forget(): void {
    this.#run?.close();
    this.#run = undefined;
    this.#nothingPending();
    this.#lastCommitted = undefined;
  }

  #nothingPending(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#urgent = false;
  }

  #waits(error: unknown): void {
    if (this.state !== 'waiting')
      lines.warn({ event: 'task_waits', task: this.name, error: messageOf(error) }, 'The task waits.');
    this.state = 'waiting';
    this.problem = messageOf(error);
  }

  #failed(event: string, error: unknown): void {
    this.problem = messageOf(error);
    if (error instanceof DynoError && error.retryable) {
      // An outage of what the task stands on (a full disk, a broker away), met again at every attempt.
      this.#tellOutage(event, this.problem);
      this.state = 'waiting';
      return;
    }
    const { stack } = error instanceof Error ? error : {};
    lines.error({ event, task: this.name, error: this.problem, stack }, 'The task starts again from its last commit.');
    this.state = 'failed';
  }

  #tellOutage(event: string, says: string): void {
    const nowMs = this.options.clock.monotonicMs();
    if (nowMs - this.#outageToldAtMs < outageToldEveryMs) return;
    this.#outageToldAtMs = nowMs;
    lines.warn({ event, task: this.name, error: says }, 'The task starts again from its last commit, until it works.');
  }

  get name(): string {
    return taskName(this.options.stage, this.options.identity);
  }
}
