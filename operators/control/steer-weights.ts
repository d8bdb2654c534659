import type { ServerWeight } from '../../schemas/weight-records.ts';
import { contentionMsAt } from '../capacity/contention-curve.ts';
import type { RunState } from './controller-state.ts';
import type { RailFinding } from './decisions.ts';
import { limits } from './limits.ts';
import { trafficOf } from './panel-evidence.ts';
import type { TestRequest } from './tier-events.ts';

/** Weights of the panel at this multiple of the safe ones: whole numbers, rounded down so that no load is exceeded. */
export const weightsAt = ({ safeWeights, weightMax }: TestRequest, factor: number): ServerWeight[] =>
  safeWeights.map(({ server, weight }) => ({
    server,
    weight: Math.max(1, Math.min(weightMax, Math.floor(weight * factor + 1e-9))),
  }));

/** Highest multiple that the rails on weights allow: twice the safe weight, and what the balancer takes. */
export const factorMax = ({ safeWeights, weightMax }: TestRequest): number =>
  Math.min(limits.weightFactorMax, ...safeWeights.map(({ weight }) => weightMax / weight));

/**
 * Multiple of the safe weights at which a host of the panel gets `hitsPerS` of the pool's traffic of now; undefined
 * before any traffic was seen. The balancer gives each server its weight's share of all weights, give or take what its
 * own hosts have in common (a region, long connections): how much the panel got for its weights of now says how much.
 */
export function factorFor(run: RunState, hitsPerS: number): number | undefined {
  const traffic = trafficOf(run);
  if (traffic === undefined) return undefined;
  const { poolHitsPerS, panelHitsPerS } = traffic;
  const wanted = hitsPerS * run.request.panel.length;
  const [left, rest] = [poolHitsPerS - wanted, poolHitsPerS - panelHitsPerS];
  if (left <= 0) return Number.POSITIVE_INFINITY;
  if (panelHitsPerS === 0 || rest === 0) return undefined;
  return (standingFactor(run) * wanted * rest) / (left * panelHitsPerS);
}

/** The multiple of the safe weights that the panel has, after rounding. */
function standingFactor({ request, factor }: RunState): number {
  const sum = (weights: readonly ServerWeight[]): number => weights.reduce((total, { weight }) => total + weight, 0);
  return sum(weightsAt(request, factor)) / sum(request.safeWeights);
}

/** If the panel dies now, its traffic goes to all others: those must not wait. */
export function donorHeadroom(run: RunState): RailFinding | undefined {
  const traffic = trafficOf(run);
  if (traffic === undefined || run.baseline === undefined || run.servers === undefined) return undefined;
  const finding = (reason: string): RailFinding => ({ rail: 'donor_headroom', verdict: 'hold', cause: 'tier', reason });
  if (traffic.restHosts === 0) return finding('there is no host to take the traffic of the panel');
  const curve = {
    saturationHitsPerS: 1 / run.baseline.restBusyPerHit,
    servers: run.servers,
    serviceCv2: 1,
    arrivalCv2: 1,
    kappa: limits.donorKappa,
  };
  const contentionMs = contentionMsAt(curve, traffic.poolHitsPerS / traffic.restHosts);
  return contentionMs >= limits.donorContentionMs
    ? finding(`without the panel the others would wait ${Math.round(contentionMs)} ms`)
    : undefined;
}
