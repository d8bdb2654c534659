import { contentionMsAt } from '../capacity/contention-curve.ts';
import type { RunState } from './controller-state.ts';
import { limits } from './limits.ts';

/**
 * Contention, in ms, that each host of the rest would have if the panel died now and its hits came to the others. From
 * what is seen of the rest alone: CPU time a hit gives its saturation; its logical CPUs are taken to be the panel's.
 * undefined before ten seconds were seen.
 */
export function donorContentionMs({ window, servers }: RunState): number | undefined {
  const recent = window.slice(-limits.windowS);
  if (recent.length < limits.windowS || servers === undefined) return undefined;
  let tierHits = 0;
  let restHits = 0;
  let busy = 0;
  for (const second of recent) {
    tierHits += second.restHits + second.panelHits;
    restHits += second.restHits;
    busy += second.restBusyRatio * second.restHosts;
  }
  const hosts = recent.at(-1)!.restHosts;
  if (hosts === 0) return Number.POSITIVE_INFINITY;
  if (restHits === 0 || busy === 0) return undefined;
  const saturationHitsPerS = restHits / busy;
  const curve = { saturationHitsPerS, servers, serviceCv2: 1, kappa: limits.donorKappa };
  return contentionMsAt(curve, tierHits / recent.length / hosts);
}
