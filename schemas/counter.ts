/** Categories of the catalogue: the seed's five, and two that it needs beside them. */
export type CounterCategory = 'cpu' | 'memory' | 'kernel' | 'storage' | 'network' | 'power' | 'application';

/** `rate`: change per second of real elapsed time. `ratio`: 0 … 1. `gauge`: a value as read. */
export type CounterKind = 'gauge' | 'rate' | 'ratio';

/** How the samples of one host become one value of a window. */
export type CounterAggregation = 'mean' | 'sum' | 'min' | 'max' | 'last';

/** One line of the catalogue `schemas/counters.ts`: all that any part of the system knows of a counter. */
export interface CounterDefinition {
  /** snake_case with its unit last: `cpu_busy_ratio`, `rx_bytes_per_s`. Avro field, ClickHouse column, CLI name. */
  readonly name: string;
  readonly category: CounterCategory;
  /** As shown to people: `ratio`, `bytes/s`, `1/s`, `ms`, `count`, `W`, … */
  readonly unit: string;
  readonly kind: CounterKind;
  readonly aggregation: CounterAggregation;
  /** What it says, in one sentence. */
  readonly summary: string;
  /** Where the value comes from: file and field on Linux, or `application`. */
  readonly source: string;
  /** The label on the seed's screen, and the leaf name derived from it, where it has one. */
  readonly seedLabel?: string;
  readonly seedName?: string;
}

/** Why a counter has no value on a host. Published once in SystemInfo, shown by `dyno` and `agent --once`. */
export type UnavailableReason =
  | 'no_pmu'
  | 'no_addon'
  | 'not_reported'
  | 'not_permitted'
  | 'not_supported_hw'
  | 'not_supported_arch'
  | 'not_supported_kernel'
  | 'not_mounted'
  | 'no_device'
  | 'first_sample'
  /** A mean or share of things of which none happened: no disk read, no latency. Momentary. */
  | 'no_events'
  | 'reset'
  | 'implausible'
  | 'collector_failed'
  | 'not_simulated';
