import { Random } from '../random.ts';
import { serviceTimeS } from '../service-time.ts';
import { exactArrivalsForWait } from './queue-truth.ts';

/** A host behind a balancer that serves its hosts in turn. */
export interface HostInTurn {
  readonly servers: number;
  readonly serviceS: number;
  readonly cv2: number;
  /** Users of the whole pool, who come at random. */
  readonly poolHitsPerS: number;
}

export interface InTurnLoad extends HostInTurn {
  /** What the balancer gives to this host of them. */
  readonly hitsPerS: number;
  /** More of them, a smaller error. */
  readonly hits: number;
  readonly seed: number;
}

/**
 * Mean wait in seconds at one host behind a balancer that takes servers in turn. Each n-th arrival of a Poisson process comes
 * far more evenly than a Poisson process of that rate (Erlang-n gaps), so hits wait about half as long as Erlang C says.
 * By simulation of the same queue; `queue-truth.ts` has the exact answer for arrivals at random.
 */
export function inTurnWaitS({ servers, serviceS, cv2, poolHitsPerS, hitsPerS, hits, seed }: InTurnLoad): number {
  const [gaps, services] = [new Random(seed, 1), new Random(seed, 2)];
  const freeAtS = new Float64Array(servers);
  const everyNth = poolHitsPerS / hitsPerS;
  const warmUp = Math.ceil(hits / 20);
  let [nowS, due, sumS] = [0, 0, 0];
  for (let hit = -warmUp; hit < hits; hit++) {
    due += everyNth;
    const count = Math.floor(due);
    due -= count;
    nowS += gaps.erlang(Math.max(1, count), 1 / poolHitsPerS);
    let first = 0;
    for (let server = 1; server < servers; server++) if (freeAtS[server]! < freeAtS[first]!) first = server;
    const startS = Math.max(nowS, freeAtS[first]!);
    freeAtS[first] = startS + serviceTimeS(services, serviceS, cv2);
    if (hit >= 0) sumS += startS - nowS;
  }
  return sumS / hits;
}

const known = new Map<string, number>();

/** Hits/s of such a host at which it truly waits `waitS` on average, to about 0.3 %. Takes a second or two, once for each kind. */
export function inTurnArrivalsForWait(host: HostInTurn, waitS: number): number {
  const key = JSON.stringify([host, waitS]);
  const before = known.get(key);
  if (before !== undefined) return before;
  // More even arrivals wait less, so it lies above the load of arrivals at random.
  let low = exactArrivalsForWait({ ...host, waitS });
  let high = host.servers / host.serviceS;
  for (let step = 0; step < 9; step++) {
    const hitsPerS = (low + high) / 2;
    if (inTurnWaitS({ ...host, hitsPerS, hits: 600_000, seed: 1 }) < waitS) low = hitsPerS;
    else high = hitsPerS;
  }
  known.set(key, (low + high) / 2);
  return (low + high) / 2;
}
