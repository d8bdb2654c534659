import { arrivalCv2 as arrivalCv2Of } from '../capacity/arrival-variability.ts';
import { type ContentionCurve, contentionShapeMs } from '../capacity/contention-curve.ts';
import { fitCpuSaturation } from '../capacity/cpu-saturation.ts';
import { type Dwell, type LoadPoint, pointOf } from '../capacity/dwell.ts';
import { kappaPrior } from '../capacity/effective-servers.ts';
import type { CapacityEstimate } from '../capacity/estimate-capacity.ts';
import { type ContentionFit, fitContention } from '../capacity/fit-contention.ts';

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

/** Bounds by which a load may be raised; undefined while no CPU time was seen. */
export function curveBounds({ dwells, servers: logicalCpus, estimate }: BoundsGiven): CurveBounds | undefined {
  const points = dwells.flatMap((dwell) => pointOf(dwell) ?? []);
  const cpu = fitCpuSaturation(points);
  if (cpu === undefined) return undefined;
  if (estimate?.model === 'latency') return boundsByLatency(estimate);
  const hits = points.reduce((sum, point) => sum + point.hits, 0);
  // Before a jackknife is there: CPU times of hits vary about as much as themselves, at most twice.
  const saturationSe = estimate?.cpuSaturationRelativeSe ?? 2 / Math.sqrt(hits);
  const servers = estimate?.bottleneck === 'not_cpu' ? estimate.fit.servers : logicalCpus;
  const saturationHitsPerS = (cpu.saturationHitsPerS * servers) / logicalCpus;
  const arrivalCv2 = arrivalCv2Of({ dwells, cpuSaturationHitsPerS: cpu.saturationHitsPerS });
  const fit = fitContention({ points, saturationHitsPerS, servers, arrivalCv2 });
  const { kappa, se } = withPrior(fit, arrivalCv2);
  const serviceCv2 = fit?.serviceCv2 ?? 1;
  const likely = { saturationHitsPerS, servers, serviceCv2, arrivalCv2, kappa };
  const atTop = fit === undefined ? 0 : kappaAtTop(points, fit);
  return {
    likely,
    upper: {
      ...likely,
      saturationHitsPerS: saturationHitsPerS * (1 - z975 * saturationSe),
      // Where the curve bends up faster than it should, the highest load shows it first.
      kappa: Math.max(kappa + z975 * se, atTop),
    },
  };
}

function withPrior(fit: ContentionFit | undefined, arrivalCv2: number) {
  const { mean, sd } = kappaPrior(arrivalCv2);
  const prior = 1 / sd ** 2;
  if (fit === undefined) return { kappa: mean, se: sd };
  const seen = 1 / fit.kappaSe ** 2;
  const kappa = Math.max(0.1, (fit.kappa * seen + mean * prior) / (seen + prior));
  return { kappa, se: 1 / Math.sqrt(seen + prior) };
}

/** kappa as the highest load alone has it. */
function kappaAtTop(points: readonly LoadPoint[], fit: ContentionFit): number {
  const top = points.reduce((a, b) => (b.hitsPerS > a.hitsPerS ? b : a));
  const shape = contentionShapeMs(fit, Math.min(top.hitsPerS, 0.995 * fit.saturationHitsPerS));
  return shape > 0.5 ? (top.durationMs - fit.baselineMs) / shape : 0;
}

/** Where latency alone says where saturation is, its uncertainty is one of the load: the curve moves sideways. */
function boundsByLatency({ fit, lambda100, lo }: CapacityEstimate): CurveBounds {
  return { likely: fit, upper: { ...fit, saturationHitsPerS: (fit.saturationHitsPerS * lo) / lambda100 } };
}
