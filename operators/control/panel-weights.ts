import { limits } from './limits.ts';
import type { ServerWeight, TestRequest } from './tier-events.ts';

export const safeSum = (request: TestRequest): number =>
  request.safeWeights.reduce((sum, { weight }) => sum + weight, 0);

/** Weights of the panel at `factor` times the safe ones, as the balancer takes them: whole numbers from 1. */
export const weightsAt = (request: TestRequest, factor: number): ServerWeight[] =>
  request.safeWeights.map(({ server, weight }) => ({
    server,
    weight: Math.max(1, Math.min(request.weightMax, Math.round(weight * factor))),
  }));

/** The largest factor: no weight over twice its safe one, none over what the balancer takes. */
export function factorMax(request: TestRequest): number {
  const heaviest = Math.max(...request.safeWeights.map(({ weight }) => weight));
  return Math.min(limits.weightFactorMax, request.weightMax / heaviest);
}

/** Factor at which each host of the panel gets this load: its share of the pool's weights is its share of the hits. */
export function factorFor(request: TestRequest, hitsPerS: number, tierHitsPerS: number): number {
  const wanted = request.panel.length * hitsPerS;
  if (wanted >= tierHitsPerS) return factorMax(request);
  const weight = (wanted * request.restWeight) / (tierHitsPerS - wanted);
  return Math.min(factorMax(request), weight / safeSum(request));
}

/** The load that the weights, once rounded, will give to a host. */
export function loadAt(request: TestRequest, factor: number, tierHitsPerS: number): number {
  const weight = weightsAt(request, factor).reduce((sum, { weight }) => sum + weight, 0);
  return (tierHitsPerS * weight) / (weight + request.restWeight) / request.panel.length;
}
