import type { ControllerState } from './controller-state.ts';
import type { RailFinding } from './decisions.ts';
import { limits } from './limits.ts';
import { clock, disturbance, fenced, killSwitch } from './rails.ts';
import type { TestRequest } from './tier-events.ts';

/** Most hosts of a generation that may be tested at once. */
export function panelHostsMax(sizes: {
  readonly generationHosts: number;
  readonly tierHosts: number;
  readonly largestShare: number;
}): number {
  const share = Math.min(sizes.largestShare, limits.panelTierShare);
  const hosts = Math.min(
    limits.panelHostsMax,
    limits.panelGenerationShare * sizes.generationHosts,
    share * sizes.tierHosts,
  );
  return Math.max(1, Math.floor(hosts));
}

/** Why a test may not start now; undefined if it may. */
export function startFinding(state: ControllerState, request: TestRequest, wallMs: number): RailFinding | undefined {
  return (
    fenced(state) ??
    killSwitch(state, wallMs) ??
    clock(state) ??
    panelFinding(request) ??
    coolingDown(state, wallMs) ??
    disturbance(state, wallMs) ??
    (state.live ? undefined : refusal('catching_up', 'a backlog of telemetry is still being read'))
  );
}

function panelFinding(request: TestRequest): RailFinding | undefined {
  if (request.tierHosts < limits.tierHostsMin) {
    return refusal('tier_size', `a tier of ${request.tierHosts} hosts is observed only; 12 are needed`);
  }
  const most = panelHostsMax(request);
  if (request.panel.length === 0 || request.panel.length > most) {
    return refusal('panel_share', `a panel of ${request.panel.length} hosts is not from 1 to ${most}`);
  }
  const safe = new Set(request.safeWeights.filter(({ weight }) => weight > 0).map(({ server }) => server));
  if (request.panel.some((host) => !safe.has(host))) {
    return refusal('panel_weight', 'a host of the panel has no safe weight to go back to');
  }
  return undefined;
}

function coolingDown({ cooldownUntilMs }: ControllerState, wallMs: number): RailFinding | undefined {
  if (wallMs >= cooldownUntilMs) return undefined;
  return refusal('cooldown', `the tier rests for ${Math.ceil((cooldownUntilMs - wallMs) / 1_000)} s more`);
}

const refusal = (rail: RailFinding['rail'], reason: string): RailFinding => ({
  rail,
  verdict: 'hold',
  cause: 'pipeline',
  reason,
});
