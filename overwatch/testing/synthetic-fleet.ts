import type { TierSecondsBlock, WindowMarker } from '../../schemas/blocks.ts';

/** For tests only: hosts with values that follow a simple rule, so that a test can say what must be shown. */
export interface SyntheticTier {
  readonly tier: string;
  readonly service: string;
  readonly hosts: readonly string[];
  readonly generation?: string;
  /** CPU busy ratio of host `index` at second `second`; NaN = no value. */
  readonly cpu: (index: number, second: number) => number;
  /** undefined = the tier has no application values. */
  readonly hitsPerS?: (index: number, second: number) => number;
  readonly latencyMs?: (index: number, second: number) => number;
}

export const syntheticMetrics = ['cpu_busy_ratio', 'requests_per_s', 'duration_avg_ms'] as const;

/** Blocks of one second of one tier, dealt over `sources` input partitions. */
export function blocksOf(tier: SyntheticTier, at: { endMs: number; sources: number }): TierSecondsBlock[] {
  const second = Math.round(at.endMs / 1_000);
  const indexes = [...tier.hosts.keys()];
  return Array.from({ length: at.sources }, (_, source) => indexes.filter((index) => index % at.sources === source))
    .map((mine, source) => blockOf(tier, mine, { second, source, ...at }))
    .filter((block) => block.hosts.length > 0);
}

function blockOf(
  tier: SyntheticTier,
  indexes: readonly number[],
  at: { endMs: number; sources: number; source: number; second: number },
): TierSecondsBlock {
  const column = (read: ((index: number, second: number) => number) | undefined) =>
    indexes.map((index) => read?.(index, at.second) ?? Number.NaN);
  return {
    kind: 'tier-seconds',
    windowEndMs: at.endMs,
    windowMs: 1_000,
    source: at.source,
    sources: at.sources,
    epoch: 1,
    part: 0,
    parts: 1,
    hosts: indexes.map((index) => ({
      host: tier.hosts[index] ?? '',
      tier: tier.tier,
      service: tier.service,
      region: index % 2 === 0 ? 'ASH' : 'ATN',
      serverType: 'web',
      generation: tier.generation ?? 'NHM',
      build: 'b1',
      pool: `${tier.tier}.pool`,
      server: tier.hosts[index] ?? '',
    })),
    metrics: syntheticMetrics,
    values: Float64Array.from([...column(tier.cpu), ...column(tier.hitsPerS), ...column(tier.latencyMs)]),
  };
}

export const markerOf = (source: number, at: { endMs: number; sources: number }): WindowMarker => ({
  kind: 'marker',
  source,
  sources: at.sources,
  epoch: 1,
  windowMs: 1_000,
  closedThroughMs: at.endMs,
});

/** One second of several tiers and the markers of all sources, in the order of the log. */
export const secondOf = (tiers: readonly SyntheticTier[], at: { endMs: number; sources: number }) => [
  ...tiers.flatMap((tier) => blocksOf(tier, at)),
  ...Array.from({ length: at.sources }, (_, source) => markerOf(source, at)),
];

export const hostNames = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`);
