/** What native/src/addon.cpp exports. Wrong arguments throw a TypeError; wrong bytes never do. */
export interface Addon {
  /** Ends the process at once, without destructors: for a process whose threads cannot be stopped in time. */
  exitNow(exitCode: number): never;
  /** Makes the allocator of this process give freed memory back to the system; does nothing where it is not glibc's. */
  readonly returnFreedMemory: () => void;
  readonly interfaceVersion: number;
  readonly CounterDecoder: new (counters: number, hostsMax: number, appNamesMax: number) => AddonCounterDecoder;
  readonly WindowAccumulator: new (
    counters: number,
    sums: Uint32Array,
    mins: Uint32Array,
    maxes: Uint32Array,
    lasts: Uint32Array,
  ) => AddonWindowAccumulator;
  /**
   * Writes `values[from + i * step]`, i below `count`, as 32-bit floats in TabSeparated, a tab before each, to `bytes`
   * from `at` on. Answers where the text ends; there must be room for 18 bytes a value.
   */
  readonly writeFloatFields: WriteFloats;
  /** The same in RowBinary, as Nullable(Float32); there must be room for 5 bytes a value. */
  readonly writeNullableFloats: WriteFloats;
  /** CRC-32C of `bytes[from … to)`; only where the processor has an instruction for it. */
  readonly crc32c?: (bytes: Uint8Array, from: number, to: number) => number;
}

export type WriteFloats = (
  values: Float64Array,
  from: number,
  step: number,
  count: number,
  bytes: Uint8Array,
  at: number,
) => number;

export interface AddonCounterDecoder {
  addPlan(schemaId: number, fields: Int32Array, missing: Int32Array, types: Int32Array): void;
  /** Decodes `buffer[starts[i] … + lengths[i])` into row i; no value where the length is not above 0. */
  decode(
    buffer: ArrayBuffer,
    starts: Uint32Array,
    lengths: Int32Array,
    count: number,
    all: Float64Array,
    stride: number,
    hosts: Uint32Array,
    timesMs: Float64Array,
    intervalsMs: Float64Array,
    decoded: Uint8Array,
    present: Uint8Array,
    /** Out: failures, application values, new hosts, new names of application values, implausible, hosts forgotten. */
    report: Uint32Array,
  ): void;
  /** Of the batch decoded last, as all that follows: row, `readFailure`, detail; row, … */
  failures(): Int32Array;
  appRows(): Uint32Array;
  appNumbers(): Uint32Array;
  appValues(): Float64Array;
  /** Number, name, number, name … */
  addedHosts(): readonly (number | string)[];
  addedAppNames(): readonly (number | string)[];
}

export interface AddonWindowAccumulator {
  /** Adds `all[records[i] + counter * stride]` to the cells of row `rows[i]`, i ascending. */
  add(
    all: Float64Array,
    stride: number,
    present: Uint8Array,
    count: number,
    records: Uint32Array,
    rows: Uint32Array,
    seconds: Uint8Array,
    accumulators: Float64Array,
    samples: Uint8Array,
    lastSeconds: Uint8Array,
  ): void;
}
