import { type Clock, delay } from '../../base/clock.ts';
import { type LoadTests, type LoadTestTier, safeWeightOf } from '../../schemas/loadtests-file/load-tests.ts';
import { parseLoadTests } from '../../schemas/loadtests-file.ts';
import type { HostPlacements } from '../../schemas/records.ts';
import { type WebGeneration, webTruth } from '../../simulate/hardware.ts';
import { webTier } from '../../simulate/tiers.ts';
import { WeightAdapter } from '../../sinks/loadbalancer/adapter.ts';
import { memoryDisk } from '../../sinks/loadbalancer/adapter-disk.ts';
import { defaultRails } from '../../sinks/loadbalancer/rails.ts';
import { SimulatedBalancer } from '../../sinks/loadbalancer/simulated.ts';
import { AppliedPublisher } from '../balancer/applied-publisher.ts';
import { serveAdapter } from '../balancer/log-side.ts';
import type { Parts } from './parts.ts';

const tickEveryMs = 200;
/** A server of one RCU; the fastest generation of the table then has 121, and twice that is still a weight. */
const weightOfRcu = 50;
/** λ100 of one RCU, hits/s. */
const lambda100OfRcu = 48;
const pool = 'www';

/** What may be steered of a simulated fleet: its web tier, around the clock, each generation anew about every hour. */
export function simulatedLoadTests(placements: readonly HostPlacements[]): LoadTests {
  const weights = Object.fromEntries(
    placements.flatMap(({ placements: [place] }) =>
      place?.pool === pool ? [[place.server, safeWeight(place.generation as WebGeneration)]] : [],
    ),
  );
  const tier = {
    tier: webTier,
    pools: [{ name: pool, balancer: 'simulated' }],
    slo: { p95_ms: 10_000, error_ratio: 0.01 },
  };
  const rest = { hours: 'always', safe_weights: weights, refresh_h: 1, bake_minutes: 0 };
  return parseLoadTests({ file: 'the simulated fleet', text: JSON.stringify({ tiers: [{ ...tier, ...rest }] }) });
}

/** The one that a balancer of the simulated fleet serves. */
export const isSimulatedTier = ({ tier, pools }: LoadTestTier): boolean =>
  tier === webTier && pools.some(({ name, balancer }) => name === pool && balancer === 'simulated');

const safeWeight = (generation: WebGeneration): number =>
  Math.round((weightOfRcu * webTruth(generation).lambda100) / lambda100OfRcu);

export interface SimulatedBalancerOptions {
  readonly tier: LoadTestTier;
  readonly placements: readonly HostPlacements[];
  readonly parts: Parts;
  readonly clock: Clock;
}

export interface RunningBalancer {
  /** How much of its usual load each host gets, by host. */
  loadFactors(): ReadonlyMap<string, number>;
  /** Safe weights again, then the end. */
  stop(): Promise<void>;
}

/** A load balancer in memory before the simulated web tier, with the adapter that real ones have. */
export async function startSimulatedBalancer(options: SimulatedBalancerOptions): Promise<RunningBalancer> {
  const { tier, placements, parts, clock } = options;
  const servers = placements.flatMap(({ host, placements: [place] }) => {
    const safe = place?.pool === pool ? safeWeightOf(tier.safeWeights, place.server) : undefined;
    return safe === undefined ? [] : [{ host, server: place!.server, safe }];
  });
  const balancer = new SimulatedBalancer({ weights: new Map(servers.map(({ server, safe }) => [server, safe])) });
  const publisher = new AppliedPublisher({ clock });
  const adapter = new WeightAdapter({
    name: 'simulated',
    pool,
    tier: tier.tier,
    driver: balancer,
    disk: memoryDisk(),
    clock,
    rails: defaultRails,
    firstSafeWeights: undefined,
    killFileExists: () => false,
    report: (applied) => publisher.take(applied),
  });
  await adapter.start();
  const ticks = new AbortController();
  const feeds = new AbortController();
  const ticking = tickOn(adapter, clock, ticks.signal);
  const { log, registry } = parts;
  const serving = serveAdapter({ log, registry, adapter, publisher, clock, signal: feeds.signal });
  return {
    loadFactors: () => {
      const { weights } = balancer;
      return new Map(servers.map(({ host, server, safe }) => [host, (weights.get(server) ?? safe) / safe]));
    },
    async stop() {
      ticks.abort();
      await ticking;
      await adapter.stop();
      await publisher.flush(500);
      feeds.abort();
      await serving;
    },
  };
}

async function tickOn(adapter: WeightAdapter, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(clock, tickEveryMs, signal);
    await adapter.tick();
  }
}
