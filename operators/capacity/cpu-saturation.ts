import { jackknifeSe } from '../stats/jackknife.ts';
import type { LoadPoint } from './dwell.ts';

/** busy = background + slope × hits/s, and where that line reaches 1. */
export interface CpuSaturation {
  readonly saturationHitsPerS: number;
  /** Share of the CPUs that is busy without hits. */
  readonly backgroundRatio: number;
  /** CPU time of a hit as a share of the host: seconds ÷ logical CPUs. */
  readonly busyPerHit: number;
}

/** Least ratio of the highest to the lowest load that gives a slope and an intercept. */
const loadRangeMin = 1.15;

/**
 * The utilization law as a regression over dwells, weighted by their precision (busy varies as hits do). The background
 * cannot be negative: then, or where the loads differ too little, the line goes through 0. undefined without busy CPUs.
 */
export function fitCpuSaturation(points: readonly LoadPoint[]): CpuSaturation | undefined {
  let weights = 0;
  let x = 0;
  let y = 0;
  for (const point of points) {
    const weight = point.hostSeconds / point.hitsPerS;
    weights += weight;
    x += weight * point.hitsPerS;
    y += weight * point.busyRatio;
  }
  if (weights === 0 || y <= 0) return undefined;
  x /= weights;
  y /= weights;
  let xx = 0;
  let xy = 0;
  for (const point of points) {
    const weight = point.hostSeconds / point.hitsPerS;
    xx += weight * (point.hitsPerS - x) ** 2;
    xy += weight * (point.hitsPerS - x) * (point.busyRatio - y);
  }
  const loads = points.map(({ hitsPerS }) => hitsPerS);
  const slope = Math.max(...loads) < loadRangeMin * Math.min(...loads) ? y / x : xy / xx;
  const background = y - slope * x;
  if (!(background > 0) || slope <= 0) return { saturationHitsPerS: x / y, backgroundRatio: 0, busyPerHit: y / x };
  return { saturationHitsPerS: (1 - background) / slope, backgroundRatio: background, busyPerHit: slope };
}

/** Standard error of the logarithm of saturation, from the points without each unit; undefined where one says nothing. */
export const cpuSaturationRelativeSe = (withoutUnit: readonly (readonly LoadPoint[])[]): number | undefined =>
  jackknifeSe(
    withoutUnit.map((points) => {
      const cpu = fitCpuSaturation(points);
      return cpu && Math.log(cpu.saturationHitsPerS);
    }),
  );
