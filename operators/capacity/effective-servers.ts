import type { LoadPoint } from './dwell.ts';
import { type ContentionFit, fitContention } from './fit-contention.ts';

/** What is known of kappa before contention is seen: half of arrivals' cv² + 2 ± 2.5, web requests having 0.5 to 4. */
export const kappaPrior = (arrivalCv2: number) => ({ mean: (arrivalCv2 + 2) / 2, sd: 1.25 });

/** Probability, before anything is measured, that less than all CPUs can serve at once. */
const fewerPrior = 0.2;
/** Less probable models change nothing and are not followed. */
const probabilityMin = 0.002;

export interface EffectiveServers {
  /** Hits that are really served at the same time: at most the logical CPUs. */
  readonly servers: number;
  readonly probability: number;
}

export interface EffectiveServersGiven {
  readonly points: readonly LoadPoint[];
  readonly servers: number;
  readonly arrivalCv2: number;
  readonly cpuSaturationHitsPerS: number;
  /** See `FitGiven`. */
  readonly noiseCv2?: number | undefined;
}

/**
 * How many hits a host serves at once, as a small whole number that is not known: memory bandwidth, a lock or a pool may
 * let fewer run than there are CPUs, and CPUs then never get busy enough to show it. Each number m has its own curve,
 * that of m servers with saturation C m / k; Bayes' rule weighs them by how well it explains the latencies and by how
 * usual its kappa is (waits that need a kappa of 20 are not those of the CPUs). The highest probability is first.
 */
export function effectiveServers(given: EffectiveServersGiven): EffectiveServers[] {
  const models = Array.from({ length: given.servers }, (_, i) => {
    const servers = given.servers - i;
    const fit = fitWith(given, servers);
    const prior = servers === given.servers ? 1 - fewerPrior : fewerPrior / (given.servers - 1);
    return {
      servers,
      logProbability: fit === undefined ? Number.NEGATIVE_INFINITY : Math.log(prior) + logEvidence(fit),
    };
  });
  const top = Math.max(...models.map(({ logProbability }) => logProbability));
  if (!Number.isFinite(top)) return [];
  const weighed = models.map(({ servers, logProbability }) => ({
    servers,
    probability: Math.exp(logProbability - top),
  }));
  const followed = normalized(weighed).filter(({ probability }) => probability >= probabilityMin);
  return normalized(followed).sort((a, b) => b.probability - a.probability);
}

/** The curve where only so many of the CPUs can serve; undefined where more was served than that allows. kappa may be negative. */
export function fitWith(
  { points, servers, arrivalCv2, cpuSaturationHitsPerS, noiseCv2 }: EffectiveServersGiven,
  effective: number,
): ContentionFit | undefined {
  const saturationHitsPerS = (cpuSaturationHitsPerS * effective) / servers;
  if (points.some(({ hitsPerS }) => hitsPerS >= saturationHitsPerS)) {
    // CPUs are the last that can be full: noise, not proof, where even they seem to be.
    if (effective < servers) return undefined;
  }
  return fitContention({ points, servers: effective, saturationHitsPerS, arrivalCv2, noiseCv2 });
}

/** Marginal likelihood with a normal prior of kappa: its estimate is normal around what is usual, with both variances. */
function logEvidence({ kappa, kappaSe, deviance, arrivalCv2 }: ContentionFit): number {
  const prior = kappaPrior(arrivalCv2);
  const variance = prior.sd ** 2 + kappaSe ** 2;
  const unusual = (kappa - prior.mean) ** 2 / variance;
  return -0.5 * (deviance + unusual + Math.log(variance / kappaSe ** 2));
}

/** The same, with probabilities that add up to 1. */
export function normalized<T extends { readonly probability: number }>(models: readonly T[]): T[] {
  const total = models.reduce((sum, { probability }) => sum + probability, 0);
  return models.map((model) => ({ ...model, probability: model.probability / total }));
}
