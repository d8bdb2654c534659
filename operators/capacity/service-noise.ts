import { fitCpuSaturation } from './cpu-saturation.ts';
import type { LoadPoint } from './dwell.ts';

/**
 * Points as they would be had their hits cost what hits cost on average: CPU time is the control variate. What a dwell's
 * hits happened to need more is taken from their duration, and its load is the one that makes CPUs so busy, because
 * work, not the number of hits, makes others wait.
 */
export function withoutServiceNoise(points: readonly LoadPoint[], servers: number) {
  const cpu = fitCpuSaturation(points);
  if (cpu === undefined) return undefined;
  return {
    cpuSaturationHitsPerS: cpu.saturationHitsPerS,
    backgroundRatio: cpu.backgroundRatio,
    points: points.map((point): LoadPoint => {
      const surplus = point.busyRatio - cpu.backgroundRatio - cpu.busyPerHit * point.hitsPerS;
      return {
        ...point,
        hitsPerS: point.hitsPerS + surplus / cpu.busyPerHit,
        durationMs: point.durationMs - (1_000 * servers * surplus) / point.hitsPerS,
      };
    }),
  };
}
