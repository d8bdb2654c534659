import { Random } from '../../../base/testing/random.ts';
import { ControlWorld, type WorldTier } from './control-world.ts';
import { formulaHosts } from './fleet-hosts.ts';

const kinds = ['queued', 'steady', 'steady', 'neighbours', 'dry', 'formula'] as const;
export type WorldKind = (typeof kinds)[number];

/** Which world a seed is of; those of exact queues are the dearest. */
export const kindOfSeed = (seed: number): WorldKind => kinds[seed % kinds.length]!;

/** A tier of one generation whose weights between tests come to 80, and one of two with weights of their own. */
function steadyTier(seed: number, random: Random): WorldTier {
  const one = random.chance(0.5);
  const hosts = formulaHosts(seed, one ? { NHM: 40 } : { NHM: 24, WSM: 16 });
  const lines = { steady_weights: 'by_capacity', ...(one ? { weight_max: '160' } : {}) };
  return { hosts, lines, askEveryMs: random.pick([20_000, 240_000]) };
}

/** Two that name each other, in two tasks: each asked for a test all the time. */
function neighbourTiers(seed: number, random: Random): Readonly<Record<string, WorldTier>> {
  const bake = random.pick(['0', '0.5', '1']);
  const of = (name: string, at: number): WorldTier => ({
    hosts: formulaHosts(seed + at, { NHM: 20 }),
    lines: { bake_minutes: bake, neighbours: `[${name}]` },
  });
  return { web: of('feed', 0), feed: of('web', 1_000) };
}

export function worldOfSeed(seed: number): ControlWorld {
  const random = new Random(seed + 77);
  const formula = formulaHosts(seed, { NHM: 40 });
  switch (kindOfSeed(seed)) {
    case 'queued':
      return new ControlWorld(seed);
    case 'steady':
      return new ControlWorld(seed, { tiers: { web: steadyTier(seed, random) } });
    case 'neighbours':
      return new ControlWorld(seed, { tiers: neighbourTiers(seed, random), partitions: 2 });
    case 'dry':
      return new ControlWorld(seed, { tiers: { web: { hosts: formula, lines: { dry_run: 'true' } } } });
    case 'formula':
      return new ControlWorld(seed, { tiers: { web: { hosts: formula } } });
  }
}
