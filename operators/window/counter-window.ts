import type { CounterColumns } from '../../native/counter-columns.ts';
import { createWindowAccumulator, type WindowAccumulator } from '../../native/window-accumulator.ts';
import type { AggregationPlan } from './aggregation-plan.ts';
import { AppMeans } from './app-means.ts';

/**
 * One open 10-s window: per host and counter one accumulator and a sample count. Hosts get dense rows in the order in
 * which they come. Records are noted one by one and added up by `flush`, all of a batch at once and in the order of the
 * log: sums are the same bits however the log is cut into batches.
 */
export class CounterWindow {
  endMs = 0;
  firstOffset = 0;
  hostCount = 0;
  /** Slot of each row's host. */
  slots = new Uint32Array(0);
  readonly app = new AppMeans();
  readonly #cells: WindowAccumulator;
  /** Seconds of the window that each row has filled, one bit each. */
  #seconds = new Uint16Array(0);
  #rowOfSlot = new Int32Array(0);
  #pending = 0;
  #pendingRecords = new Uint32Array(256);
  #pendingRows = new Uint32Array(256);
  #pendingSeconds = new Uint8Array(256);

  constructor(plan: AggregationPlan) {
    this.#cells = createWindowAccumulator(plan);
  }

  /** At `row * counters + counter`, as `samples`. */
  get accumulators(): Float64Array {
    return this.#cells.accumulators;
  }

  get samples(): Uint8Array {
    return this.#cells.samples;
  }

  /** Makes the window ready for use again; its arrays keep their size. */
  open(endMs: number, firstOffset: number): void {
    this.endMs = endMs;
    this.firstOffset = firstOffset;
    this.#cells.clear(this.hostCount);
    this.hostCount = 0;
    this.#pending = 0;
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
    const which = { count, records: this.#pendingRecords, rows: this.#pendingRows, seconds: this.#pendingSeconds };
    this.#cells.add(columns, which);
    for (let i = 0; i < count; i++) {
      const app = columns.app[this.#pendingRecords[i]!];
      if (app !== undefined) this.app.add(this.#pendingRows[i]!, app);
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
    const row = this.hostCount++;
    if (row === this.slots.length) this.#growHosts();
    this.#cells.reserve(this.hostCount);
    this.#rowOfSlot[slot] = row;
    this.slots[row] = slot;
    return row;
  }

  #growHosts(): void {
    const room = Math.max(16, this.slots.length * 2);
    this.#seconds = copied(this.#seconds, new Uint16Array(room));
    this.slots = copied(this.slots, new Uint32Array(room));
  }

  #growPending(): void {
    const room = this.#pendingRecords.length * 2;
    this.#pendingRecords = copied(this.#pendingRecords, new Uint32Array(room));
    this.#pendingRows = copied(this.#pendingRows, new Uint32Array(room));
    this.#pendingSeconds = copied(this.#pendingSeconds, new Uint8Array(room));
  }
}

function copied<T extends Uint32Array | Uint16Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
