import type { TierSecondsBlock } from '../../schemas/blocks.ts';
import { compareEntities, type EntityIdentity, type EntityPoint, entityKey } from './entity.ts';

export interface TierPointsOptions {
  /** Metrics of a point, in the order of its values. A block that lacks one has no values of it. */
  readonly metrics: readonly string[];
  /** Hosts that are to be entities of their own, such as those of a test panel. Default: none. */
  readonly hosts?: ReadonlySet<string>;
}

interface Sums {
  readonly entity: EntityIdentity;
  /** By metric: the first value, hosts with a value, and the sum of differences from the first. */
  readonly first: Float64Array;
  readonly hosts: Float64Array;
  readonly sums: Float64Array;
}

/**
 * The points of one complete second: each tier, each generation of a tier that its hosts name, and single hosts on
 * request. A point is the plain mean over the hosts that have a value of the metric; a pair is correlated from these
 * means. Blocks in ascending (source, part), as completed windows have them, give the same bits every time. Points come
 * in the order of `compareEntities`.
 */
export function tierPoints(
  endMs: number,
  blocks: readonly TierSecondsBlock[],
  { metrics, hosts = new Set() }: TierPointsOptions,
): EntityPoint[] {
  const entities = new Map<string, Sums>();
  const sumsOf = (entity: EntityIdentity): Sums => {
    const name = entityKey(entity);
    let sums = entities.get(name);
    if (sums === undefined) {
      const column = (): Float64Array => new Float64Array(metrics.length);
      sums = { entity, first: column(), hosts: column(), sums: column() };
      entities.set(name, sums);
    }
    return sums;
  };
  for (const block of blocks) {
    const columns = metrics.map((metric) => block.metrics.indexOf(metric));
    for (const [place, { tier, generation, host }] of block.hosts.entries()) {
      addHost(sumsOf({ tier, generation: '', host: '' }), block, columns, place);
      if (generation !== '') addHost(sumsOf({ tier, generation, host: '' }), block, columns, place);
      if (hosts.has(host)) addHost(sumsOf({ tier, generation, host }), block, columns, place);
    }
  }
  return [...entities.values()]
    .sort((a, b) => compareEntities(a.entity, b.entity))
    .map(({ entity, first, hosts: counts, sums }) => {
      const values = first.map((value, metric) =>
        counts[metric] === 0 ? Number.NaN : value + sums[metric]! / counts[metric]!,
      );
      return { entity, endMs, values };
    });
}

/** From the first value on: a tier whose hosts all say the same has exactly that as its mean. */
function addHost(sums: Sums, { values, hosts }: TierSecondsBlock, columns: readonly number[], place: number): void {
  for (let metric = 0; metric < columns.length; metric++) {
    const column = columns[metric]!;
    const value = column < 0 ? Number.NaN : values[column * hosts.length + place]!;
    if (!Number.isFinite(value)) continue;
    if (sums.hosts[metric] === 0) sums.first[metric] = value;
    sums.hosts[metric]! += 1;
    sums.sums[metric]! += value - sums.first[metric]!;
  }
}
