import type { Placement } from './topology.ts';

/**
 * Blocks of `dyno.tier-seconds.v1` and `dyno.host-windows.v1`: hosts of one group for one window of one source
 * partition, at most `blockHostsMax`. Values are column-major: `values[column * hosts + host]`.
 */
export const blockHostsMax = 500;

/** What a block says of each host's place: no later stage joins topology. */
export type BlockIdentity = Pick<
  Placement,
  'tier' | 'service' | 'region' | 'serverType' | 'generation' | 'build' | 'pool' | 'server'
> & { readonly host: string };

export interface BlockHead {
  readonly windowEndMs: number;
  readonly windowMs: number;
  /** Input partition it was made from, of so many. */
  readonly source: number;
  readonly sources: number;
  readonly epoch: number;
  readonly part: number;
  readonly parts: number;
  readonly hosts: readonly BlockIdentity[];
}

/** One tier, one second: the ≤ 16 metrics named by the settings, as 64-bit floats. */
export interface TierSecondsBlock extends BlockHead {
  readonly kind: 'tier-seconds';
  readonly metrics: readonly string[];
  readonly values: Float64Array;
}

/** One service, 10 s: one value per counter by the catalogue's aggregation, as 32-bit floats. */
export interface HostWindowsBlock extends BlockHead {
  readonly kind: 'host-windows';
  readonly catalogueVersion: number;
  readonly values: Float32Array;
  /** Samples behind each value, per counter and host, same layout as `values`; 0 = no value. */
  readonly samples: Uint8Array;
  /** Means of application values outside the catalogue, per host. */
  readonly app: readonly (ReadonlyMap<string, number> | undefined)[];
}

/** Sent by each source to every output partition after the blocks of the windows it closed. */
export interface WindowMarker {
  readonly kind: 'marker';
  readonly source: number;
  readonly sources: number;
  readonly epoch: number;
  readonly windowMs: number;
  /** Every window that ends at or before this moment is complete from this source. */
  readonly closedThroughMs: number;
}

/** Figures over hosts that every row of a `TierWindowsBlock` has, in this order. Percentiles are within 1 %. */
export const tierFigures = ['mean', 'min', 'max', 'p5', 'p25', 'p50', 'p75', 'p95', 'p99'] as const;

/** Part of a tier that rows speak of; both '' = the tier as a whole. */
export interface TierCell {
  readonly region: string;
  readonly serverType: string;
}

/**
 * One tier of one service, one window (10 s, 1 min or 1 h): a row for each cell and counter that had a value, in
 * columns. Longer windows are merged from 10-s ones: their figures are over (host, 10 s) values.
 */
export interface TierWindowsBlock {
  readonly kind: 'tier-windows';
  readonly windowEndMs: number;
  readonly windowMs: number;
  /** Task that made it (partition of host-windows), of so many. */
  readonly source: number;
  readonly sources: number;
  readonly epoch: number;
  readonly part: number;
  readonly parts: number;
  readonly tier: string;
  readonly service: string;
  readonly catalogueVersion: number;
  readonly cells: readonly TierCell[];
  /** Of each row: position in `cells`, and the counter's position in the catalogue. */
  readonly rowCells: Int32Array;
  readonly rowCounters: Int32Array;
  /** Hosts with a value; in a longer window the most of any 10 s in it. */
  readonly rowHosts: Int32Array;
  /** One-second samples behind the row. */
  readonly rowSamples: Int32Array;
  /** `figures[figure * rows + row]`, figures as in `tierFigures`. */
  readonly figures: Float32Array;
  /** DDSketch of each row's values, 1 %, as `operators/stats` writes it. */
  readonly sketches: readonly Buffer[];
}

/**
 * Figures that every row of a `CorrelationsBlock` has, in this order: x is the first metric of the pair, y the second;
 * `_lo` and `_hi` bound the 95 % interval; `lag_s` is positive where x leads.
 */
export const correlationFigures = [
  'n',
  'n_eff',
  'r',
  'r_lo',
  'r_hi',
  'slope',
  'slope_lo',
  'slope_hi',
  'intercept',
  'r2',
  'residual_sd',
  'mean_x',
  'sd_x',
  'mean_y',
  'sd_y',
  'lag_s',
] as const;

/** Part of a tier that correlations speak of; both '' = the tier as a whole. */
export interface CorrelatedEntity {
  readonly generation: string;
  readonly host: string;
}

/** One tier as of one second: a row for each entity, pair of metrics and length of window, in columns. */
export interface CorrelationsBlock {
  readonly kind: 'correlations';
  readonly windowEndMs: number;
  /** A second: how often there is a block. Lengths of the windows that rows speak of are in `rowWindowsS`. */
  readonly windowMs: number;
  /** Task that made it (partition of tier-seconds), of so many. */
  readonly source: number;
  readonly sources: number;
  readonly epoch: number;
  readonly part: number;
  readonly parts: number;
  readonly tier: string;
  readonly metrics: readonly string[];
  readonly entities: readonly CorrelatedEntity[];
  /** Of each row: position in `entities`, positions in `metrics`, length of the window. */
  readonly rowEntities: Int32Array;
  readonly rowX: Int32Array;
  readonly rowY: Int32Array;
  readonly rowWindowsS: Int32Array;
  /** `figures[figure * rows + row]`, figures as in `correlationFigures`; NaN = cannot be told. */
  readonly figures: Float64Array;
}

export type Block = TierSecondsBlock | HostWindowsBlock | TierWindowsBlock | CorrelationsBlock;
export type BlockMessage = Block | WindowMarker;
