import type { TierRow } from '../../api-types.ts';
import type { SortKey, UrlState } from './url-state.ts';

/** The red rule of the seed: `Service pct(50) >= 120% x Web`, inclusive. */
export const hotRatio = 1.2;
export const isHot = (row: TierRow): boolean => row.versus_reference !== null && row.versus_reference >= hotRatio;

const sortValue: Record<SortKey, (row: TierRow) => number | string | null> = {
  service: (row) => row.service,
  tier: (row) => row.tier,
  hosts: (row) => row.hosts,
  rcu: (row) => row.rcu,
  cpu: (row) => row.cpu?.p50 ?? null,
  hits: (row) => row.hits_per_s,
  latency: (row) => row.latency_ms,
};

export interface ShownTiers {
  readonly rows: readonly TierRow[];
  readonly total: number;
  /** Left out because they have too few hosts, or because more tiers match than are to be shown. */
  readonly small: number;
  readonly beyondTop: number;
}

/** Prefix, least hosts, then the largest by count; sorted last, so that the sort never changes which tiers are shown. */
export function shownTiers(all: readonly TierRow[], url: UrlState): ShownTiers {
  const prefix = url.prefix.trim().toLowerCase();
  const named = all.filter(
    (row) => row.service.toLowerCase().startsWith(prefix) || row.tier.toLowerCase().startsWith(prefix),
  );
  const large = named.filter((row) => row.hosts >= url.minHosts);
  const top = [...large].sort((a, b) => b.hosts - a.hosts || compare(a.tier, b.tier)).slice(0, url.top);
  return {
    rows: top.sort((a, b) => order(a, b, url)),
    total: all.length,
    small: named.length - large.length,
    beyondTop: large.length - top.length,
  };
}

/** Rows without the value come last whichever way it is sorted; equal ones keep the order of their names. */
function order(a: TierRow, b: TierRow, { sort, descending }: UrlState): number {
  const left = sortValue[sort](a);
  const right = sortValue[sort](b);
  if (left === null || right === null) return Number(left === null) - Number(right === null) || compare(a.tier, b.tier);
  return (descending ? compare(right, left) : compare(left, right)) || compare(a.tier, b.tier);
}

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);
