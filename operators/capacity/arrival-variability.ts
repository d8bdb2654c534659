import { type Dwell, type HitCounts, pointOf } from './dwell.ts';

/** Departures are about as regular as arrivals below this utilization; above it the queue makes its own rhythm. */
const utilizationMax = 0.7;
/** Variances below what arrivals at random give by chance: so many standard errors. */
const regularZ = 3;
/** Even arrivals in turn are never perfectly even. */
const cv2Min = 0.02;

export interface ArrivalsGiven {
  readonly dwells: readonly Dwell[];
  /** Hits/s at which all CPUs are busy. */
  readonly cpuSaturationHitsPerS: number;
}

/**
 * cv² of the gaps between a host's arrivals: the index of dispersion of its hits over blocks of 5 s (their variance ÷
 * their mean, which for a renewal process tends to cv²; Cox and Lewis 1966), within the hosts and dwells of low load. A
 * load balancer that serves hosts in turn makes arrivals regular: 1 / hosts. 1 unless that is beyond doubt: 0.1 of it
 * moves λ100 by 0.2 %, so it matters only when it is far from 1. Bursts count as 1, the queue sees them in kappa.
 */
export function arrivalCv2({ dwells, cpuSaturationHitsPerS }: ArrivalsGiven): number {
  const loads = dwells.map((dwell) => pointOf(dwell)?.hitsPerS ?? Number.POSITIVE_INFINITY);
  const most = Math.max(utilizationMax * cpuSaturationHitsPerS, Math.min(...loads));
  const low = dwells.filter((_, at) => loads[at]! <= most);
  let squares = 0;
  let freedom = 0;
  for (const { counts } of low.flatMap(({ units }) => units)) {
    if (counts.blocks < 2 || counts.hits === 0) continue;
    squares += dispersion(counts);
    freedom += counts.blocks - 1;
  }
  if (freedom === 0) return 1;
  const index = squares / freedom;
  return index + regularZ * Math.sqrt(2 / freedom) < 1 ? Math.max(cv2Min, index) : 1;
}

/** Σ (hits − their mean)² ÷ their mean. */
function dispersion({ blocks, hits, hitsSquared }: HitCounts): number {
  const mean = hits / blocks;
  return (hitsSquared - hits * mean) / mean;
}
