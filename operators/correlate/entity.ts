/** Whose points are correlated: a tier, one generation of it, or one host; '' = all. */
export interface EntityIdentity {
  readonly tier: string;
  readonly generation: string;
  readonly host: string;
}

/** One point of an entity: what holds for the interval that ends at `endMs`. */
export interface EntityPoint {
  readonly entity: EntityIdentity;
  readonly endMs: number;
  /** One value per metric; NaN = none. Read during the call only. */
  readonly values: Float64Array;
}

/** `tier`, `tier/generation` or `tier/generation/host`. */
export const entityText = ({ tier, generation, host }: EntityIdentity): string =>
  host !== '' ? `${tier}/${generation}/${host}` : generation !== '' ? `${tier}/${generation}` : tier;

/** One text for each entity: names may hold any sign that people write. */
export const entityKey = ({ tier, generation, host }: EntityIdentity): string => `${tier}\0${generation}\0${host}`;

/** Tiers first, then their generations, then hosts: the order of points within a second. */
export const compareEntities = (a: EntityIdentity, b: EntityIdentity): number =>
  compareTexts(a.tier, b.tier) || compareTexts(a.host, b.host) || compareTexts(a.generation, b.generation);

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
