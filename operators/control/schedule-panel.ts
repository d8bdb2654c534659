import { type LoadTestTier, safeWeightOf } from '../../schemas/loadtests-file/load-tests.ts';
import type { Weights } from '../../schemas/weight-state.ts';
import { limits } from './limits.ts';
import type { ScheduledHost } from './planned-test.ts';
import { fractionOf } from './schedule-chance.ts';
import { type PanelSizes, panelHostsMax } from './start-rails.ts';

/** A pool that may be steered, with everything in it. */
export interface SteeredPool {
  readonly name: string;
  /** Safe weight by server, of all servers of the pool: those of other tiers too. */
  readonly weights: Weights;
}

/** The pools of a tier in which a test can run, and why not in the others, a sentence each. */
export function steeredPools(
  entry: LoadTestTier,
  hosts: readonly ScheduledHost[],
  steadyWeights: ReadonlyMap<string, Weights> = new Map(),
): { readonly pools: readonly SteeredPool[]; readonly refused: readonly string[] } {
  const pools: SteeredPool[] = [];
  const refused: string[] = [];
  for (const { name, balancer } of entry.pools) {
    const servers = new Set(hosts.filter(({ pool }) => pool === name).map(({ server }) => server));
    const weights = new Map<string, number>();
    for (const server of servers) {
      const weight = steadyWeights.get(name)?.get(server) ?? safeWeightOf(entry.safeWeights, server);
      if (weight !== undefined) weights.set(server, weight);
    }
    // A balancer that reloads its configuration follows too slowly, and every reload disturbs what is measured.
    if (balancer === 'template') refused.push(`pool ${name} has a balancer that is too slow for tests (template)`);
    else if (servers.size < limits.tierHostsMin)
      refused.push(`pool ${name} has ${servers.size} servers, ${limits.tierHostsMin} are needed`);
    else if (weights.size < servers.size)
      refused.push(`pool ${name} has ${servers.size - weights.size} servers without a safe weight`);
    else pools.push({ name, weights });
  }
  return { pools, refused };
}

/** The panel's bound by its rail, by what the file says, and by a fifth of the pool: the rest carries its load when it dies. */
export function panelSizeMax(
  entry: LoadTestTier,
  { poolServers, ...sizes }: Omit<PanelSizes, 'largestShare'> & { readonly poolServers: number },
): number {
  const byRail = panelHostsMax({ ...sizes, largestShare: entry.largestShare });
  const byPool = Math.max(1, Math.floor(limits.panelGenerationShare * poolServers));
  return Math.min(byRail, byPool, entry.panelHosts ?? byRail);
}

/**
 * The candidates in the order of their turn: those that were not tested for longest come first. Among hosts of which
 * nothing is known the order is another one in each period, so that a scheduler that forgot everything rotates too.
 */
export function inTurn(candidates: readonly ScheduledHost[], seed: number, period: number): ScheduledHost[] {
  return candidates
    .map((host) => ({
      host,
      since: host.testedMs ?? Number.NEGATIVE_INFINITY,
      lot: fractionOf(seed, period, host.host),
    }))
    .sort((a, b) => (a.since === b.since ? a.lot - b.lot || (a.host.host < b.host.host ? -1 : 1) : a.since - b.since))
    .map(({ host }) => host);
}
