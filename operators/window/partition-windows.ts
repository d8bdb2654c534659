import { type ByteList, isAbsent } from '../../base/byte-list.ts';
import type { CounterColumns } from '../../native/counter-columns.ts';
import type { AggregationPlan } from './aggregation-plan.ts';
import { CounterWindow } from './counter-window.ts';
import { HostSlots, type NamedRows } from './host-slots.ts';
import type { Ledger, RecordClass } from './ledger.ts';
import { closedThroughAt, secondMs, skewMsMax, tenSecondsLatenessMs, tenSecondsMs, windowEndOf } from './lengths.ts';
import { PartitionClock } from './partition-clock.ts';
import { type MetricSource, SecondWindow } from './second-window.ts';
import type { WindowEvent } from './window-events.ts';
import { freshState, type WindowsState } from './windows-state.ts';

/** What windows read of a batch. */
export interface CountedBatch {
  readonly count: number;
  readonly offsets: Float64Array;
  readonly appendTimesMs: Float64Array;
  readonly values: ByteList;
  readonly headers: readonly (Readonly<Record<string, Uint8Array>> | undefined)[];
  readonly nextOffset: number;
  readonly replayed: boolean;
}

export interface PartitionWindowsOptions {
  readonly plan: AggregationPlan;
  readonly metrics: readonly MetricSource[];
  readonly restored?: WindowsState | undefined;
  /**
   * Open (host, 10-s window) pairs beyond which a hold is cut short: while it lasts nothing closes, and memory must
   * not grow with the length of an outage. The default takes about 100 MB of a catalogue of 200.
   */
  readonly hostWindowsMax?: number;
}

/** Closed windows kept for reuse of their arrays. */
const poolMax = 4;
const tickHeader = 'dyno-kind';

/**
 * The event-time windows of one partition, as design §3: each record is exactly one of undecodable, skewed, late,
 * duplicate, windowed; windows close when the watermark passes. What is emitted depends on the records alone: neither
 * batch cuts nor restarts (push the records from the low offset again, as `replayed`) change a bit of it.
 */
export class PartitionWindows<B extends CountedBatch> {
  readonly ledger: Ledger;
  ticks: number;
  /** Records too late for their second but in time for their 10-s window. */
  missedSeconds: number;
  implausible: number;
  holdsCut: number;
  /** True while the partition is empty or its newest data record was at most 60 s old when it was appended. */
  live: boolean;
  readonly #options: PartitionWindowsOptions;
  readonly #hostWindowsMax: number;
  readonly #clock: PartitionClock;
  readonly #slots = new HostSlots();
  readonly #tens = new Map<number, CounterWindow>();
  readonly #seconds = new Map<number, SecondWindow>();
  readonly #tensPool: CounterWindow[] = [];
  readonly #secondsPool: SecondWindow[] = [];
  #position: number;
  #secondsClosedMs = Number.NEGATIVE_INFINITY;
  #tensClosedMs = Number.NEGATIVE_INFINITY;
  #hostWindows = 0;
  #columns: CounterColumns | undefined;
  #emit: (event: WindowEvent<B>) => void = () => {};

  constructor(options: PartitionWindowsOptions) {
    const state = options.restored ?? freshState;
    this.#options = options;
    this.#hostWindowsMax = options.hostWindowsMax ?? 60_000;
    this.#clock = new PartitionClock(state.clock);
    this.ledger = { ...state.ledger };
    this.ticks = state.ticks;
    this.missedSeconds = state.missedSeconds;
    this.implausible = state.implausible;
    this.holdsCut = state.holdsCut;
    this.live = state.live;
    this.#position = state.position;
    this.#noteClosed();
  }

  get watermarkMs(): number {
    return this.#clock.watermarkMs;
  }

  get hosts(): number {
    return this.#slots.count;
  }

  /** Takes the batch in; events come out, in the order of the log, before this returns. */
  push(batch: B, columns: CounterColumns, emit: (event: WindowEvent<B>) => void): void {
    this.#columns = columns;
    this.#emit = emit;
    for (let record = 0; record < batch.count; record++) this.#take(batch, columns, record);
    for (const window of this.#tens.values()) window.flush(columns);
    if (!batch.replayed) this.implausible += columns.implausible;
    this.#position = Math.max(this.#position, batch.nextOffset);
    this.#columns = undefined;
  }

  /** First record of the oldest open window, else the position. */
  lowOffset(): number {
    let lowOffset = this.#position;
    for (const { firstOffset } of this.#tens.values()) lowOffset = Math.min(lowOffset, firstOffset);
    return lowOffset;
  }

  state(): WindowsState {
    const { live, ledger, ticks, missedSeconds, implausible, holdsCut } = this;
    const clock = this.#clock.state();
    return {
      position: this.#position,
      clock,
      live,
      ledger: { ...ledger },
      ticks,
      missedSeconds,
      implausible,
      holdsCut,
    };
  }

  #take(batch: B, columns: CounterColumns, record: number): void {
    const appendMs = batch.appendTimesMs[record]!;
    if (batch.replayed) {
      // The clock already stands where these records brought it; only windows still open take them again.
      if (columns.decoded[record] === 1) this.#window(batch, columns, record, appendMs);
      return;
    }
    this.#clock.noteAppend(appendMs);
    if (columns.decoded[record] === 0 && isTick(batch, record)) {
      this.ticks++;
      this.#afterEvent(appendMs, appendMs);
      return;
    }
    const found = columns.decoded[record] === 1 ? this.#window(batch, columns, record, appendMs) : 'undecodable';
    this.ledger.in++;
    this.ledger[found]++;
    if (found !== 'windowed' && found !== 'duplicate') this.#reject(batch, columns, record, found);
    if (found === 'undecodable') return;
    const eventMs = columns.timesMs[record]!;
    this.live = eventMs >= appendMs - skewMsMax;
    if (found !== 'skewed') this.#afterEvent(eventMs, appendMs);
  }

  #window(batch: B, columns: CounterColumns, record: number, appendMs: number): RecordClass {
    const eventMs = columns.timesMs[record]!;
    if (eventMs > appendMs + skewMsMax) return 'skewed';
    const endMs = windowEndOf(eventMs, tenSecondsMs);
    if (endMs <= this.#tensClosedMs) return 'late';
    const host = columns.hosts[record]!;
    const slot = this.#slots.slotOf(host, columns.hostNames[host]!, endMs);
    const secondEndMs = windowEndOf(eventMs, secondMs);
    const window = this.#tens.get(endMs) ?? this.#openTen(endMs, batch.offsets[record]!);
    const hostsBefore = window.hostCount;
    if (!window.add(record, slot, (secondEndMs - endMs + tenSecondsMs) / secondMs - 1)) return 'duplicate';
    this.#hostWindows += window.hostCount - hostsBefore;
    if (secondEndMs > this.#secondsClosedMs) {
      const second = this.#seconds.get(secondEndMs) ?? this.#openSecond(secondEndMs);
      second.add(columns, record, slot);
    } else if (!batch.replayed) this.missedSeconds++;
    return 'windowed';
  }

  #afterEvent(eventMs: number, appendMs: number): void {
    let moved = this.#clock.noteEvent(eventMs, appendMs);
    if (this.#hostWindows > this.#hostWindowsMax && this.#clock.holding) {
      this.holdsCut++;
      moved = this.#clock.release() || moved;
    }
    if (moved) this.#close();
  }

  #close(): void {
    const secondsClosedMs = this.#secondsClosedMs;
    const tensClosedMs = this.#tensClosedMs;
    this.#noteClosed();
    if (this.#secondsClosedMs > secondsClosedMs) this.#closeSeconds();
    if (this.#tensClosedMs > tensClosedMs) this.#closeTens();
  }

  #noteClosed(): void {
    const { watermarkMs } = this.#clock;
    this.#secondsClosedMs = closedThroughAt(watermarkMs, secondMs, 0);
    this.#tensClosedMs = closedThroughAt(watermarkMs, tenSecondsMs, tenSecondsLatenessMs);
  }

  #closeSeconds(): void {
    for (const window of due(this.#seconds, this.#secondsClosedMs)) {
      const { order, hosts } = this.#named(window);
      this.#emit({ kind: 'second', endMs: window.endMs, hosts, rows: order, values: window.values });
      if (this.#secondsPool.length < poolMax) this.#secondsPool.push(window);
    }
    this.#emit({ kind: 'closed-through', windowMs: secondMs, closedThroughMs: this.#secondsClosedMs });
  }

  #closeTens(): void {
    for (const window of due(this.#tens, this.#tensClosedMs)) {
      window.flush(this.#columns!);
      const { order, hosts } = this.#named(window);
      const { endMs, accumulators, samples } = window;
      const appOf = (row: number) => window.app.meansOf(row);
      this.#emit({ kind: 'ten-seconds', endMs, hosts, rows: order, accumulators, samples, appOf });
      this.#hostWindows -= window.hostCount;
      if (this.#tensPool.length < poolMax) this.#tensPool.push(window);
    }
    this.#slots.releaseThrough(this.#tensClosedMs);
    this.#emit({ kind: 'closed-through', windowMs: tenSecondsMs, closedThroughMs: this.#tensClosedMs });
  }

  #named(window: { readonly slots: Uint32Array; readonly hostCount: number }): NamedRows {
    return this.#slots.byName(window.slots.subarray(0, window.hostCount));
  }

  #openTen(endMs: number, firstOffset: number): CounterWindow {
    const window = this.#tensPool.pop() ?? new CounterWindow(this.#options.plan);
    window.open(endMs, firstOffset);
    this.#tens.set(endMs, window);
    return window;
  }

  #openSecond(endMs: number): SecondWindow {
    const window = this.#secondsPool.pop() ?? new SecondWindow(this.#options.metrics);
    window.open(endMs);
    this.#seconds.set(endMs, window);
    return window;
  }

  #reject(batch: B, columns: CounterColumns, record: number, found: 'undecodable' | 'skewed' | 'late'): void {
    const failure = columns.failures.get(record);
    const reason = failure?.reason ?? found;
    const message = failure?.message ?? rejection(found, columns.timesMs[record]!, batch.appendTimesMs[record]!);
    this.#emit({ kind: 'rejected', class: found, reason, message, batch, record });
  }
}

/** Removes and answers the windows that are closed, in ascending order. */
function due<W extends { readonly endMs: number }>(open: Map<number, W>, closedThroughMs: number): readonly W[] {
  const closed = [...open.values()].filter(({ endMs }) => endMs <= closedThroughMs);
  for (const { endMs } of closed) open.delete(endMs);
  return closed.sort((a, b) => a.endMs - b.endMs);
}

function isTick(batch: CountedBatch, record: number): boolean {
  if (!isAbsent(batch.values, record)) return false;
  const kind = batch.headers[record]?.[tickHeader];
  return kind !== undefined && Buffer.from(kind).toString() === 'tick';
}

function rejection(found: 'undecodable' | 'skewed' | 'late', eventMs: number, appendMs: number): string {
  const distanceS = Math.round(Math.abs(eventMs - appendMs) / 1_000);
  return found === 'skewed'
    ? `its time ${eventMs} is ${distanceS} s ahead of the moment it was appended`
    : `its 10-s window was closed: it was appended ${distanceS} s after its time ${eventMs}`;
}
