import { Random } from '../../simulate/random.ts';
import { ServiceQueue } from './service-queue.ts';

export interface RoundRobinHost {
  readonly servers: number;
  readonly serviceMs: number;
  /** Poisson arrivals of the whole pool. */
  readonly poolHitsPerS: number;
}

export interface RoundRobinOptions extends RoundRobinHost {
  /** What the balancer gives to this host of them. */
  readonly hitsPerS: number;
  /** More of them, a smaller error. */
  readonly hits: number;
  readonly seed: number;
}

/**
 * Mean wait at one host behind a balancer that takes servers in turn. Each n-th arrival of a Poisson process comes far
 * more evenly than a Poisson process of that rate (Erlang-n gaps), so hits wait about half as long as Erlang C says. By
 * simulation of the same queue; `simulate/loadtest/queue-truth.ts` has the exact answer for Poisson arrivals at a host.
 */
export function roundRobinWaitMs(options: RoundRobinOptions): number {
  const { servers, serviceMs, poolHitsPerS, hitsPerS, hits, seed } = options;
  const [gaps, services] = [new Random(seed, 1), new Random(seed, 2)];
  const queue = new ServiceQueue({ servers, serviceMs, exponential: (mean) => services.exponential(mean) });
  let [nowMs, due, sumMs] = [0, 0, 0];
  for (let hit = 0; hit < hits; ) {
    nowMs += gaps.exponential(1_000 / poolHitsPerS);
    due += hitsPerS / poolHitsPerS;
    if (due < 1) continue;
    due -= 1;
    hit++;
    sumMs += queue.arrive(nowMs).waitMs;
    if (hit % 1_000 === 0) queue.takeBusyRatio(1_000 * Math.floor(nowMs / 1_000));
  }
  return sumMs / hits;
}

/** Hits/s of such a host at which it truly waits 100 ms on average, to about 0.3 %. */
export function roundRobinCapacity(host: RoundRobinHost): number {
  let low = 0;
  let high = (1_000 * host.servers) / host.serviceMs;
  for (let step = 0; step < 12; step++) {
    const hitsPerS = (low + high) / 2;
    if (roundRobinWaitMs({ ...host, hitsPerS, hits: 300_000, seed: 1 }) < 100) low = hitsPerS;
    else high = hitsPerS;
  }
  return (low + high) / 2;
}
