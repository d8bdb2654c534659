/** Where a host belonged from a moment on. Strings are never null: unknown is ''. */
export interface Placement {
  readonly tier: string;
  readonly service: string;
  readonly region: string;
  readonly datacenter: string;
  readonly rack: string;
  readonly serverType: string;
  readonly generation: string;
  readonly pool: string;
  readonly server: string;
  readonly build: string;
  readonly owner: string;
  /** Valid for windows that end after this moment, ms since 1970; 0 = from the beginning. */
  readonly validFromMs: number;
}

/** Tier of every host that topology does not know. */
export const unassignedTier = 'unassigned';

/** Host → placement as of a moment. */
export interface Placements {
  /** The placement in force at `timeMs`: the last one with validFromMs ≤ timeMs, else undefined. */
  placementAt(host: string, timeMs: number): Placement | undefined;
  /** While two moments have the same number, every host's placement is the same at both; NaN = it cannot tell. */
  versionAt?(timeMs: number): number;
}
