import { arrivalCv2 as arrivalCv2Of } from '../capacity/arrival-variability.ts';
import type { ContentionCurve } from '../capacity/contention-curve.ts';
import { cpuSaturationRelativeSe } from '../capacity/cpu-saturation.ts';
import { type Dwell, type LoadPoint, pointsOf } from '../capacity/dwell.ts';
import { kappaPrior } from '../capacity/effective-servers.ts';
import type { CapacityEstimate } from '../capacity/estimate-capacity.ts';
import { fitContention, kappaOfPoint } from '../capacity/fit-contention.ts';
import { withoutServiceNoise } from '../capacity/service-noise.ts';

/** What is likely and what must be reckoned with: the curve in the middle and at the 97.5 % bound. */
export interface CurveBounds {
  readonly likely: ContentionCurve;
  readonly upper: ContentionCurve;
}

const z975 = 1.96;

interface BoundsGiven {
  readonly dwells: readonly Dwell[];
  readonly servers: number;
  readonly estimate: CapacityEstimate | undefined;
}

/** Fewer loads than this hardly tell a background from the cost of hits. */
const dwellsMin = 3;

/** Bounds by which a load may be raised; undefined while no CPU time was seen. */
export function curveBounds({ dwells, servers: logicalCpus, estimate }: BoundsGiven): CurveBounds | undefined {
  const seen = pointsOf(dwells);
  const adjusted = withoutServiceNoise(seen, logicalCpus);
  if (adjusted === undefined) return undefined;
  if (estimate?.model === 'latency') return boundsByLatency(estimate);
  const { points, cpuSaturationHitsPerS } = adjusted;
  const servers = estimate?.bottleneck === 'not_cpu' ? estimate.fit.servers : logicalCpus;
  const saturationHitsPerS = (cpuSaturationHitsPerS * servers) / logicalCpus;
  const arrivalCv2 = arrivalCv2Of({ dwells, cpuSaturationHitsPerS });
  const prior = kappaPrior(arrivalCv2);
  const fit = fitContention({ points, saturationHitsPerS, servers, arrivalCv2 });
  const { kappa, se } = withPrior(prior, fit && { kappa: fit.kappa, se: fit.kappaSe });
  // Where the curve bends up faster than it should, the highest load shows it first: as it was seen, whatever CPUs did then.
  const atTop = withPrior(prior, fit && kappaOfPoint(fit, highestOf(seen)));
  const likely = { saturationHitsPerS, servers, serviceCv2: fit?.serviceCv2 ?? 1, arrivalCv2, kappa };
  return {
    likely,
    upper: {
      ...likely,
      saturationHitsPerS: Math.max(
        saturationHitsPerS * (1 - z975 * saturationSe(dwells, points)),
        (saturationLeast(points) * servers) / logicalCpus,
      ),
      kappa: Math.max(kappa + z975 * se, atTop.kappa),
    },
  };
}

/** CPU times of hits vary about as much as themselves, at most twice. */
const cpuTimeSe = (hits: number): number => 2 / Math.sqrt(hits);

/** Of ln saturation. */
function saturationSe(dwells: readonly Dwell[], points: readonly LoadPoint[]): number {
  const units = dwells[0]?.units ?? [];
  const byUnits = cpuSaturationRelativeSe(units.map((_, unit) => pointsOf(dwells, unit)));
  if (byUnits !== undefined && points.length >= dwellsMin) return byUnits;
  return Math.max(byUnits ?? 0, cpuTimeSe(points.reduce((sum, { hits }) => sum + hits, 0)));
}

/**
 * A few loads near each other hardly say what is background, but whatever it is, CPUs are full no sooner than if there
 * were none: hits ÷ busy time of them all is the least that saturation can be while a hit costs what it did.
 */
function saturationLeast(points: readonly LoadPoint[]): number {
  let hits = 0;
  let busy = 0;
  for (const point of points) {
    hits += point.hits;
    busy += point.busyRatio * point.hostSeconds;
  }
  return (hits / busy) * (1 - z975 * cpuTimeSe(hits));
}

interface KappaSeen {
  readonly kappa: number;
  readonly se: number;
}

/** Noise alone says anything of kappa where nothing waits: what is usual has its say until waits are seen. */
function withPrior({ mean, sd }: ReturnType<typeof kappaPrior>, seen: KappaSeen | undefined): KappaSeen {
  if (seen === undefined) return { kappa: mean, se: sd };
  const precision = 1 / seen.se ** 2;
  const prior = 1 / sd ** 2;
  const kappa = Math.max(0.1, (seen.kappa * precision + mean * prior) / (precision + prior));
  return { kappa, se: 1 / Math.sqrt(precision + prior) };
}

const highestOf = (points: readonly LoadPoint[]): LoadPoint =>
  points.reduce((a, b) => (b.hitsPerS > a.hitsPerS ? b : a));

/** Where latency alone says where saturation is, its uncertainty is one of the load: the curve moves sideways. */
function boundsByLatency({ fit, lambda100, lo }: CapacityEstimate): CurveBounds {
  return { likely: fit, upper: { ...fit, saturationHitsPerS: (fit.saturationHitsPerS * lo) / lambda100 } };
}
