import type { CounterColumns, DecodeFailure } from './counter-columns.ts';

/** The reused arrays behind `CounterColumns`: all columns in one Float64Array, `all[row + column * stride]`. */
export class ColumnStore {
  stride = 0;
  all = new Float64Array(0);
  hosts = new Uint32Array(0);
  timesMs = new Float64Array(0);
  intervalsMs = new Float64Array(0);
  decoded = new Uint8Array(0);
  /** By counter: 1 = some row of the batch may have a value. */
  present: Uint8Array;
  readonly app: (ReadonlyMap<string, number> | undefined)[] = [];
  readonly #columnCount: number;
  #columns: readonly Float64Array[] = [];

  constructor(columnCount: number) {
    this.#columnCount = columnCount;
    this.present = new Uint8Array(columnCount).fill(1);
  }

  /** Room for so many rows. */
  reserve(rows: number): void {
    if (rows > this.decoded.length || this.stride === 0) this.#grow(Math.max(64, rows));
    this.app.length = rows;
  }

  /** A record that failed half way leaves nothing behind. */
  clearRow(row: number): void {
    for (const column of this.#columns) column[row] = Number.NaN;
    this.hosts[row] = 0;
    this.timesMs[row] = Number.NaN;
    this.intervalsMs[row] = Number.NaN;
    this.decoded[row] = 0;
    this.app[row] = undefined;
  }

  answer(
    count: number,
    hostNames: readonly string[],
    failures: ReadonlyMap<number, DecodeFailure>,
    implausible: number,
  ): CounterColumns {
    const { hosts, timesMs, intervalsMs, all, stride, present, app, decoded } = this;
    const columns = this.#columns;
    return {
      count,
      hosts,
      hostNames,
      timesMs,
      intervalsMs,
      columns,
      all,
      stride,
      present,
      app,
      decoded,
      failures,
      implausible,
    };
  }

  #grow(rows: number): void {
    const room = Math.ceil(rows / 64) * 64;
    // One cache line more than a multiple of the page: the cells of one row would else all share one cache set.
    this.stride = room + 8;
    this.all = new Float64Array(this.stride * this.#columnCount);
    this.#columns = Array.from({ length: this.#columnCount }, (_, column) =>
      this.all.subarray(column * this.stride, column * this.stride + room),
    );
    this.hosts = new Uint32Array(room);
    this.timesMs = new Float64Array(room);
    this.intervalsMs = new Float64Array(room);
    this.decoded = new Uint8Array(room);
  }
}
