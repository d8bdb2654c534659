import type { CounterColumns } from '../../native/counter-columns.ts';
import type { AggregationPlan } from './aggregation-plan.ts';
import { AppMeans } from './app-means.ts';

/**
 * One open 10-s window: per host and counter one accumulator and a sample count, in flat arrays, column-major by
 * counter. Hosts get dense rows in the order in which they come. Records are noted one by one and added up by `flush`
 * column by column, in the order of the log: sums are the same bits however the log is cut into batches.
 */
export class CounterWindow {
  endMs = 0;
  firstOffset = 0;
  hostCount = 0;
  /** Room of one counter's column in `accumulators` and `samples`. */
  stride = 0;
  accumulators = new Float64Array(0);
  samples = new Uint8Array(0);
  /** Slot of each row's host. */
  slots = new Uint32Array(0);
  readonly app = new AppMeans();
  readonly #plan: AggregationPlan;
  /** Seconds of the window that each row has filled, one bit each. */
  #seconds = new Uint16Array(0);
  /** For counters whose last value counts: the second it is of. */
  #lastSeconds = new Uint8Array(0);
  #rowOfSlot = new Int32Array(0);
  #pending = 0;
  #pendingRecords = new Uint32Array(256);
  #pendingRows = new Uint32Array(256);
  #pendingSeconds = new Uint8Array(256);

  constructor(plan: AggregationPlan) {
    this.#plan = plan;
  }

  /** Makes the window ready for use again; its arrays keep their size. */
  open(endMs: number, firstOffset: number): void {
    this.endMs = endMs;
    this.firstOffset = firstOffset;
    this.hostCount = 0;
    this.#pending = 0;
    this.accumulators.fill(0);
    this.samples.fill(0);
    this.#seconds.fill(0);
    this.#rowOfSlot.fill(-1);
    this.app.clear();
  }

  /** Notes a record of the batch under way. False when the host has already filled this second: a duplicate. */
  add(record: number, slot: number, second: number): boolean {
    const row = this.#rowFor(slot);
    const bit = 1 << second;
    if (this.#seconds[row]! & bit) return false;
    this.#seconds[row] = this.#seconds[row]! | bit;
    if (this.#pending === this.#pendingRecords.length) this.#growPending();
    this.#pendingRecords[this.#pending] = record;
    this.#pendingRows[this.#pending] = row;
    this.#pendingSeconds[this.#pending++] = second;
    return true;
  }

  /** Adds up what was noted; at the end of each batch, and before the window is read. */
  flush(columns: CounterColumns): void {
    const count = this.#pending;
    if (count === 0) return;
    this.#pending = 0;
    for (const counter of this.#plan.sums) this.#addUp(columns.columns[counter]!, counter, count);
    for (const counter of this.#plan.mins) this.#extreme(columns.columns[counter]!, counter, count, Math.min);
    for (const counter of this.#plan.maxes) this.#extreme(columns.columns[counter]!, counter, count, Math.max);
    for (const [at, counter] of this.#plan.lasts.entries()) this.#last(columns.columns[counter]!, counter, count, at);
    for (let i = 0; i < count; i++) {
      const app = columns.app[this.#pendingRecords[i]!];
      if (app !== undefined) this.app.add(this.#pendingRows[i]!, app);
    }
  }

  #addUp(column: Float64Array, counter: number, count: number): void {
    const { accumulators, samples, stride } = this;
    const records = this.#pendingRecords;
    const rows = this.#pendingRows;
    for (let i = 0; i < count; i++) {
      const value = column[records[i]!]!;
      if (Number.isNaN(value)) continue;
      const cell = counter * stride + rows[i]!;
      accumulators[cell] = accumulators[cell]! + value;
      samples[cell] = samples[cell]! + 1;
    }
  }

  #extreme(column: Float64Array, counter: number, count: number, pick: (a: number, b: number) => number): void {
    const { accumulators, samples, stride } = this;
    for (let i = 0; i < count; i++) {
      const value = column[this.#pendingRecords[i]!]!;
      if (Number.isNaN(value)) continue;
      const cell = counter * stride + this.#pendingRows[i]!;
      accumulators[cell] = samples[cell] === 0 ? value : pick(value, accumulators[cell]!);
      samples[cell] = samples[cell]! + 1;
    }
  }

  /** The value of the newest second wins, whatever the order in the log. */
  #last(column: Float64Array, counter: number, count: number, at: number): void {
    const { accumulators, samples, stride } = this;
    for (let i = 0; i < count; i++) {
      const value = column[this.#pendingRecords[i]!]!;
      if (Number.isNaN(value)) continue;
      const row = this.#pendingRows[i]!;
      const cell = counter * stride + row;
      const second = this.#pendingSeconds[i]!;
      if (samples[cell] === 0 || second > this.#lastSeconds[at * stride + row]!) {
        accumulators[cell] = value;
        this.#lastSeconds[at * stride + row] = second;
      }
      samples[cell] = samples[cell]! + 1;
    }
  }

  #rowFor(slot: number): number {
    const known = slot < this.#rowOfSlot.length ? this.#rowOfSlot[slot]! : -1;
    if (known !== -1) return known;
    if (slot >= this.#rowOfSlot.length) {
      const larger = new Int32Array(Math.max(64, slot * 2)).fill(-1);
      larger.set(this.#rowOfSlot);
      this.#rowOfSlot = larger;
    }
    if (this.hostCount === this.stride) this.#growHosts();
    const row = this.hostCount++;
    this.#rowOfSlot[slot] = row;
    this.slots[row] = slot;
    return row;
  }

  #growHosts(): void {
    const stride = Math.max(16, this.stride * 2);
    this.accumulators = spread(new Float64Array(this.#plan.counters * stride), this.accumulators, this.stride, stride);
    this.samples = spread(new Uint8Array(this.#plan.counters * stride), this.samples, this.stride, stride);
    const lasts = new Uint8Array(this.#plan.lasts.length * stride);
    this.#lastSeconds = spread(lasts, this.#lastSeconds, this.stride, stride);
    this.#seconds = spread(new Uint16Array(stride), this.#seconds, this.stride, stride);
    this.slots = spread(new Uint32Array(stride), this.slots, this.stride, stride);
    this.stride = stride;
  }

  #growPending(): void {
    const room = this.#pendingRecords.length * 2;
    this.#pendingRecords = spread(new Uint32Array(room), this.#pendingRecords, room, room);
    this.#pendingRows = spread(new Uint32Array(room), this.#pendingRows, room, room);
    this.#pendingSeconds = spread(new Uint8Array(room), this.#pendingSeconds, room, room);
  }
}

/** Copies columns of `oldStride` into columns of `newStride`. */
function spread<T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(
  larger: T,
  old: T,
  oldStride: number,
  newStride: number,
): T {
  for (let from = 0, to = 0; from < old.length; from += oldStride, to += newStride)
    larger.set(old.subarray(from, Math.min(old.length, from + oldStride)), to);
  return larger;
}
